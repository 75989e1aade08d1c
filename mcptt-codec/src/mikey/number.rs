//! Numbers that MIKEY assigns. Unassigned ones are kept like any other.

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($int:ty) { $($(#[$item:meta])* $constant:ident = $value:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(pub $int);

        impl $name {
            $($(#[$item])* pub const $constant: Self = Self($value);)*

            /// All that have a name, in the order of their numbers.
            pub const KNOWN: &'static [Self] = &[$(Self::$constant),*];
        }
    };
}

number!(
    /// Kind of payload (RFC 3830 6.1, RFC 6043 6, RFC 6509 4).
    PayloadType(u8) {
        /// No further payload.
        LAST = 0,
        /// Key data transport.
        KEMAC = 1,
        /// Envelope data.
        PKE = 2,
        /// Diffie-Hellman data.
        DH = 3,
        /// Signature.
        SIGN = 4,
        /// Timestamp.
        T = 5,
        /// Identity.
        ID = 6,
        /// Certificate.
        CERT = 7,
        /// Hash of a certificate.
        CHASH = 8,
        /// Verification message.
        V = 9,
        /// Security policy.
        SP = 10,
        /// Random value.
        RAND = 11,
        /// Error.
        ERR = 12,
        /// Timestamp with role.
        TR = 13,
        /// Identity with role.
        IDR = 14,
        /// Random value with role.
        RANDR = 15,
        /// Ticket policy.
        TP = 16,
        /// Ticket.
        TICKET = 17,
        /// Key data.
        KEY_DATA = 20,
        /// General extension.
        GENERAL_EXTENSION = 21,
        /// SAKKE encapsulated data.
        SAKKE = 26,
    }
);

number!(
    /// Kind of message (RFC 3830 6.1, RFC 6043 6.1, RFC 6509 4.1).
    DataType(u8) {
        /// Initiator's message with a pre-shared key.
        PRE_SHARED = 0,
        /// Verification of the above.
        PSK_VERIFICATION = 1,
        /// Initiator's message with public keys.
        PUBLIC_KEY = 2,
        /// Verification of the above.
        PK_VERIFICATION = 3,
        /// Initiator's Diffie-Hellman message.
        DH_INIT = 4,
        /// Responder's Diffie-Hellman message.
        DH_RESPONSE = 5,
        /// Error message.
        ERROR = 6,
        /// Ticket request with a pre-shared key.
        REQUEST_INIT_PSK = 11,
        /// Ticket request with public keys.
        REQUEST_INIT_PK = 12,
        /// Answer to a ticket request.
        REQUEST_RESPONSE = 13,
        /// Transfer of a ticket.
        TRANSFER_INIT = 14,
        /// Answer to a transfer.
        TRANSFER_RESPONSE = 15,
        /// Ticket to be resolved, with a pre-shared key.
        RESOLVE_INIT_PSK = 16,
        /// Ticket to be resolved, with public keys.
        RESOLVE_INIT_PK = 17,
        /// A resolved ticket.
        RESOLVE_RESPONSE = 18,
        /// MIKEY-SAKKE I_MESSAGE.
        SAKKE = 26,
    }
);

number!(
    /// Pseudo-random function that keys are derived with, seven bits (RFC 3830 6.1, RFC 6043 6.1).
    PrfFunction(u8) {
        /// MIKEY-1, HMAC-SHA-1.
        MIKEY_1 = 0,
        /// HMAC-SHA-256.
        HMAC_SHA_256 = 1,
    }
);

number!(
    /// How crypto sessions are told apart (RFC 3830 6.1, RFC 4563 4, RFC 6043 6.1).
    CsIdMapType(u8) {
        /// By SSRC, with their roll-over counters.
        SRTP_ID = 0,
        /// Not at all.
        EMPTY = 1,
        /// With protocol, policies and session data.
        GENERIC_ID = 2,
    }
);

number!(
    /// Encryption of key data (RFC 3830 6.2).
    EncryptionAlgorithm(u8) {
        /// None.
        NULL = 0,
        /// AES-CM with 128 bits.
        AES_CM_128 = 1,
        /// AES key wrap with 128 bits.
        AES_KW_128 = 2,
    }
);

number!(
    /// Message authentication code (RFC 3830 6.2, RFC 6043 6.3).
    MacAlgorithm(u8) {
        /// None.
        NULL = 0,
        /// HMAC-SHA-1, 20 octets.
        HMAC_SHA_1_160 = 1,
        /// HMAC-SHA-256, 32 octets.
        HMAC_SHA_256_256 = 2,
    }
);

number!(
    /// Group of a Diffie-Hellman value (RFC 3830 6.4).
    DhGroup(u8) {
        /// 1536 bits.
        OAKLEY_5 = 0,
        /// 768 bits.
        OAKLEY_1 = 1,
        /// 1024 bits.
        OAKLEY_2 = 2,
    }
);

number!(
    /// Kind of signature, four bits (RFC 3830 6.5, RFC 6509 4.3).
    SignatureType(u8) {
        /// RSA, PKCS#1 1.5.
        RSA_PKCS_1 = 0,
        /// RSA, PSS.
        RSA_PSS = 1,
        /// ECCSI.
        ECCSI = 2,
    }
);

number!(
    /// Kind of timestamp (RFC 3830 6.6, RFC 6043 6.4).
    TimestampType(u8) {
        /// NTP, coordinated universal time.
        NTP_UTC = 0,
        /// NTP.
        NTP = 1,
        /// Counter.
        COUNTER = 2,
        /// Seconds of NTP, coordinated universal time.
        NTP_UTC_32 = 3,
    }
);

number!(
    /// Kind of identity (RFC 3830 6.7, RFC 6043 6.6).
    IdType(u8) {
        /// Network access identifier.
        NAI = 0,
        /// URI.
        URI = 1,
        /// Octets, for example a UID of TS 33.180.
        BYTE_STRING = 2,
    }
);

number!(
    /// Whose an identity, a timestamp or a random value is (RFC 6043 6.6, RFC 6509 4.4).
    Role(u8) {
        /// Initiator.
        INITIATOR = 1,
        /// Responder.
        RESPONDER = 2,
        /// Key management service.
        KMS = 3,
        /// Pre-shared key; only of an identity.
        PRE_SHARED_KEY = 4,
        /// Application; only of an identity.
        APPLICATION = 5,
        /// The initiator's key management service; only of an identity.
        INITIATOR_KMS = 6,
        /// The responder's key management service; only of an identity.
        RESPONDER_KMS = 7,
    }
);

number!(
    /// Kind of certificate (RFC 3830 6.7).
    CertificateType(u8) {
        /// X.509v3.
        X509V3 = 0,
        /// Where an X.509v3 certificate is.
        X509V3_URL = 1,
        /// X.509v3 for signatures only.
        X509V3_SIGN = 2,
        /// X.509v3 for encryption only.
        X509V3_ENCRYPTION = 3,
    }
);

number!(
    /// Hash of a certificate (RFC 3830 6.8).
    HashFunction(u8) {
        /// SHA-1, 20 octets.
        SHA_1 = 0,
        /// MD5, 16 octets.
        MD5 = 1,
    }
);

number!(
    /// Protocol that a policy is for (RFC 3830 6.10).
    ProtocolType(u8) {
        /// SRTP.
        SRTP = 0,
    }
);

number!(
    /// Parameter of an SRTP policy (RFC 3830 6.10.1, RFC 7714 14.2).
    PolicyParameterType(u8) {
        /// Encryption algorithm.
        ENCRYPTION = 0,
        /// Octets of the session encryption key.
        ENCRYPTION_KEY_LENGTH = 1,
        /// Authentication algorithm.
        AUTHENTICATION = 2,
        /// Octets of the session authentication key.
        AUTHENTICATION_KEY_LENGTH = 3,
        /// Octets of the session salt.
        SALT_LENGTH = 4,
        /// Pseudo-random function of SRTP.
        PRF = 5,
        /// Key derivation rate.
        KEY_DERIVATION_RATE = 6,
        /// Whether SRTP is encrypted.
        SRTP_ENCRYPTION = 7,
        /// Whether SRTCP is encrypted.
        SRTCP_ENCRYPTION = 8,
        /// Order of forward error correction.
        FEC_ORDER = 9,
        /// Whether SRTP is authenticated.
        SRTP_AUTHENTICATION = 10,
        /// Octets of the authentication tag.
        AUTHENTICATION_TAG_LENGTH = 11,
        /// Octets of the SRTP prefix.
        PREFIX_LENGTH = 12,
        /// Octets of the tag of an authenticating cipher.
        AEAD_TAG_LENGTH = 20,
    }
);

number!(
    /// Why a message was refused (RFC 3830 6.12).
    ErrorNumber(u8) {
        /// Authentication failed.
        AUTHENTICATION_FAILURE = 0,
        /// The timestamp is not valid.
        INVALID_TIMESTAMP = 1,
        /// The pseudo-random function is not supported.
        INVALID_PRF = 2,
        /// The message authentication code is not supported.
        INVALID_MAC = 3,
        /// The encryption is not supported.
        INVALID_ENCRYPTION = 4,
        /// The hash is not supported.
        INVALID_HASH = 5,
        /// The group is not supported.
        INVALID_DH = 6,
        /// The identity is not supported.
        INVALID_ID = 7,
        /// The certificate is not supported.
        INVALID_CERTIFICATE = 8,
        /// The policy is not supported.
        INVALID_POLICY = 9,
        /// The policy parameters are not supported.
        INVALID_POLICY_PARAMETERS = 10,
        /// The data type is not supported.
        INVALID_DATA_TYPE = 11,
        /// Anything else.
        UNSPECIFIED = 12,
    }
);

number!(
    /// Kind of key, four bits (RFC 3830 6.13, RFC 4563 4, RFC 6043 6.8).
    KeyType(u8) {
        /// Key that traffic keys are generated from (TGK).
        TGK = 0,
        /// The same with a salt.
        TGK_SALT = 1,
        /// Key that encrypts traffic (TEK).
        TEK = 2,
        /// The same with a salt.
        TEK_SALT = 3,
        /// Group TGK.
        GTGK = 4,
        /// The same with a salt.
        GTGK_SALT = 5,
        /// MIKEY protection key.
        MPK = 6,
    }
);

number!(
    /// Kind of a general extension (RFC 3830 6.15, RFC 4563 4).
    ExtensionType(u8) {
        /// Vendor.
        VENDOR_ID = 0,
        /// SDP key management identifiers.
        SDP_IDS = 1,
        /// TESLA.
        TESLA = 2,
        /// Key identifiers.
        KEY_ID = 3,
    }
);

number!(
    /// Kind of ticket (RFC 6043 6.10).
    TicketType(u16) {
        /// MIKEY base ticket.
        MIKEY_BASE = 1,
        /// 3GPP base ticket.
        THREE_GPP_BASE = 2,
    }
);

number!(
    /// Parameters of SAKKE (RFC 6509 4.2).
    SakkeParameters(u8) {
        /// Parameter set 1 of RFC 6509.
        SET_1 = 1,
    }
);

number!(
    /// How an identity becomes the one that SAKKE encrypts to (RFC 6509 4.2, TS 33.180 E.1.2).
    IdentifierScheme(u8) {
        /// tel URI with monthly keys.
        TEL_URI_MONTHLY = 1,
        /// UID of TS 33.180.
        MC_UID = 2,
    }
);
