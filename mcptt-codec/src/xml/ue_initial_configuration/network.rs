//! `on-network`: servers, networks and timers.

use crate::text::ByteStr;
use crate::xml::namespaces::UE_INIT_CONFIG;
use crate::xml::record::record;

record! {
    /// `on-network`.
    pub struct OnNetwork {
        attributes {
            /// `index`.
            optional index: ByteStr = "index",
        }
        elements {
            /// `Timers`.
            optional timers: OnNetworkTimers = UE_INIT_CONFIG "Timers",
            /// `HPLMN`: the home network.
            optional hplmn: Hplmn = UE_INIT_CONFIG "HPLMN",
            /// `App-Server-Info`: the servers.
            optional app_server_info: AppServerInfo = UE_INIT_CONFIG "App-Server-Info",
            /// `GMS-URI`: the group management server for subscriptions.
            optional gms_uri: ByteStr = UE_INIT_CONFIG "GMS-URI",
            /// `group-creation-XUI`: under which new groups are stored.
            optional group_creation_xui: ByteStr = UE_INIT_CONFIG "group-creation-XUI",
            /// `GMS-XCAP-root-URI`.
            optional gms_xcap_root_uri: ByteStr = UE_INIT_CONFIG "GMS-XCAP-root-URI",
            /// `CMS-XCAP-root-URI`.
            optional cms_xcap_root_uri: ByteStr = UE_INIT_CONFIG "CMS-XCAP-root-URI",
            /// `integrity-protection-enabled`.
            optional integrity_protection_enabled: bool = UE_INIT_CONFIG "integrity-protection-enabled",
            /// `confidentiality-protection-enabled`.
            optional confidentiality_protection_enabled: bool = UE_INIT_CONFIG "confidentiality-protection-enabled",
            /// `anyExt`.
            many any_ext: OnNetworkExt = UE_INIT_CONFIG "anyExt",
        }
    }
}

record! {
    /// `Timers` of the floor participant (TS 24.380 11), in seconds.
    pub struct OnNetworkTimers {
        attributes {}
        elements {
            /// `T100`.
            optional t100: u8 = UE_INIT_CONFIG "T100",
            /// `T101`.
            optional t101: u8 = UE_INIT_CONFIG "T101",
            /// `T103`.
            optional t103: u8 = UE_INIT_CONFIG "T103",
            /// `T104`.
            optional t104: u8 = UE_INIT_CONFIG "T104",
            /// `T132`.
            optional t132: u8 = UE_INIT_CONFIG "T132",
        }
    }
}

record! {
    /// `HPLMN`.
    pub struct Hplmn {
        attributes {
            /// `PLMN`: mobile country and network code.
            required plmn: ByteStr = "PLMN",
        }
        elements {
            /// `service`.
            optional service: PlmnService = UE_INIT_CONFIG "service",
            /// `VPLMN`: networks visited.
            many vplmns: Vplmn = UE_INIT_CONFIG "VPLMN",
        }
    }
}

record! {
    /// `VPLMN`.
    pub struct Vplmn {
        attributes {
            /// `PLMN`: mobile country and network code.
            required plmn: ByteStr = "PLMN",
        }
        elements {
            /// `service`.
            optional service: PlmnService = UE_INIT_CONFIG "service",
        }
    }
}

record! {
    /// `service`: which connection is for what.
    pub struct PlmnService {
        attributes {}
        elements {
            /// `MCPTT-to-con-ref`.
            optional mcptt_to_con_ref: ByteStr = UE_INIT_CONFIG "MCPTT-to-con-ref",
            /// `MC-common-core-to-con-ref`.
            optional mc_common_core_to_con_ref: ByteStr = UE_INIT_CONFIG "MC-common-core-to-con-ref",
            /// `MC-ID-to-con-ref`.
            optional mc_id_to_con_ref: ByteStr = UE_INIT_CONFIG "MC-ID-to-con-ref",
        }
    }
}

record! {
    /// `App-Server-Info`.
    pub struct AppServerInfo {
        attributes {}
        elements {
            /// `idms-auth-endpoint`.
            optional idms_auth_endpoint: ByteStr = UE_INIT_CONFIG "idms-auth-endpoint",
            /// `idms-token-endpoint`.
            optional idms_token_endpoint: ByteStr = UE_INIT_CONFIG "idms-token-endpoint",
            /// `http-proxy`.
            optional http_proxy: ByteStr = UE_INIT_CONFIG "http-proxy",
            /// `gms`.
            optional gms: ByteStr = UE_INIT_CONFIG "gms",
            /// `cms`.
            optional cms: ByteStr = UE_INIT_CONFIG "cms",
            /// `kms`.
            optional kms: ByteStr = UE_INIT_CONFIG "kms",
            /// `tls-tunnel-auth-method`.
            optional tls_tunnel_auth_method: TlsTunnelAuthMethod = UE_INIT_CONFIG "tls-tunnel-auth-method",
        }
    }
}

record! {
    /// `tls-tunnel-auth-method`.
    pub struct TlsTunnelAuthMethod {
        attributes {}
        elements {
            /// `mutual-authentication`.
            optional mutual_authentication: bool = UE_INIT_CONFIG "mutual-authentication",
            /// `x509`: a certificate.
            optional x509: ByteStr = UE_INIT_CONFIG "x509",
            /// `key`: a shared key.
            optional key: ByteStr = UE_INIT_CONFIG "key",
        }
    }
}

record! {
    /// `anyExt` of `on-network`.
    pub struct OnNetworkExt {
        attributes {}
        elements {
            /// `MCPTT-Service-Details`. Place not certain.
            many service_details: ServiceDetails = UE_INIT_CONFIG "MCPTT-Service-Details",
        }
    }
}

record! {
    /// `MCPTT-Service-Details`.
    pub struct ServiceDetails {
        attributes {}
        elements {
            /// `Server-URI`: the participating function, Request-URI of the client.
            optional server_uri: ByteStr = UE_INIT_CONFIG "Server-URI",
        }
    }
}

impl OnNetwork {
    /// The participating function that requests of the client are sent to.
    pub fn server_uri(&self) -> Option<&str> {
        let details = self.any_ext.iter().flat_map(|any_ext| &any_ext.service_details);
        details.filter_map(|details| details.server_uri.as_deref()).next()
    }
}
