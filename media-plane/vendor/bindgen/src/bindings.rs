// Declarations of libsrtp 2.3 (libsrtp/include/srtp.h in the package srtp2-sys 3.0.2) for 64-bit Unix targets.
// See README.md in the package for how they were generated and how they are checked.

pub const SRTP_MASTER_KEY_LEN: u32 = 30;
pub const SRTP_MAX_KEY_LEN: u32 = 64;
pub const SRTP_MAX_TAG_LEN: u32 = 16;
pub const SRTP_MAX_MKI_LEN: u32 = 128;
pub const SRTP_MAX_TRAILER_LEN: u32 = 144;
pub const SRTP_MAX_NUM_MASTER_KEYS: u32 = 16;
pub const SRTP_SALT_LEN: u32 = 14;
pub const SRTP_AEAD_SALT_LEN: u32 = 12;
pub const SRTP_AES_128_KEY_LEN: u32 = 16;
pub const SRTP_AES_192_KEY_LEN: u32 = 24;
pub const SRTP_AES_256_KEY_LEN: u32 = 32;
pub const SRTP_AES_ICM_128_KEY_LEN_WSALT: u32 = 30;
pub const SRTP_AES_ICM_192_KEY_LEN_WSALT: u32 = 38;
pub const SRTP_AES_ICM_256_KEY_LEN_WSALT: u32 = 46;
pub const SRTP_AES_GCM_128_KEY_LEN_WSALT: u32 = 28;
pub const SRTP_AES_GCM_192_KEY_LEN_WSALT: u32 = 36;
pub const SRTP_AES_GCM_256_KEY_LEN_WSALT: u32 = 44;
pub const SRTCP_E_BIT: u32 = 2147483648;
pub const SRTCP_E_BYTE_BIT: u32 = 128;
pub const SRTCP_INDEX_MASK: u32 = 2147483647;
pub type srtp_cipher_type_id_t = u32;
pub type srtp_auth_type_id_t = u32;
pub const srtp_err_status_t_srtp_err_status_ok: srtp_err_status_t = 0;
pub const srtp_err_status_t_srtp_err_status_fail: srtp_err_status_t = 1;
pub const srtp_err_status_t_srtp_err_status_bad_param: srtp_err_status_t = 2;
pub const srtp_err_status_t_srtp_err_status_alloc_fail: srtp_err_status_t = 3;
pub const srtp_err_status_t_srtp_err_status_dealloc_fail: srtp_err_status_t = 4;
pub const srtp_err_status_t_srtp_err_status_init_fail: srtp_err_status_t = 5;
pub const srtp_err_status_t_srtp_err_status_terminus: srtp_err_status_t = 6;
pub const srtp_err_status_t_srtp_err_status_auth_fail: srtp_err_status_t = 7;
pub const srtp_err_status_t_srtp_err_status_cipher_fail: srtp_err_status_t = 8;
pub const srtp_err_status_t_srtp_err_status_replay_fail: srtp_err_status_t = 9;
pub const srtp_err_status_t_srtp_err_status_replay_old: srtp_err_status_t = 10;
pub const srtp_err_status_t_srtp_err_status_algo_fail: srtp_err_status_t = 11;
pub const srtp_err_status_t_srtp_err_status_no_such_op: srtp_err_status_t = 12;
pub const srtp_err_status_t_srtp_err_status_no_ctx: srtp_err_status_t = 13;
pub const srtp_err_status_t_srtp_err_status_cant_check: srtp_err_status_t = 14;
pub const srtp_err_status_t_srtp_err_status_key_expired: srtp_err_status_t = 15;
pub const srtp_err_status_t_srtp_err_status_socket_err: srtp_err_status_t = 16;
pub const srtp_err_status_t_srtp_err_status_signal_err: srtp_err_status_t = 17;
pub const srtp_err_status_t_srtp_err_status_nonce_bad: srtp_err_status_t = 18;
pub const srtp_err_status_t_srtp_err_status_read_fail: srtp_err_status_t = 19;
pub const srtp_err_status_t_srtp_err_status_write_fail: srtp_err_status_t = 20;
pub const srtp_err_status_t_srtp_err_status_parse_err: srtp_err_status_t = 21;
pub const srtp_err_status_t_srtp_err_status_encode_err: srtp_err_status_t = 22;
pub const srtp_err_status_t_srtp_err_status_semaphore_err: srtp_err_status_t = 23;
pub const srtp_err_status_t_srtp_err_status_pfkey_err: srtp_err_status_t = 24;
pub const srtp_err_status_t_srtp_err_status_bad_mki: srtp_err_status_t = 25;
pub const srtp_err_status_t_srtp_err_status_pkt_idx_old: srtp_err_status_t = 26;
pub const srtp_err_status_t_srtp_err_status_pkt_idx_adv: srtp_err_status_t = 27;
pub type srtp_err_status_t = std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct srtp_ctx_t_ {
    _unused: [u8; 0],
}
pub type srtp_ctx_t = srtp_ctx_t_;
pub const srtp_sec_serv_t_sec_serv_none: srtp_sec_serv_t = 0;
pub const srtp_sec_serv_t_sec_serv_conf: srtp_sec_serv_t = 1;
pub const srtp_sec_serv_t_sec_serv_auth: srtp_sec_serv_t = 2;
pub const srtp_sec_serv_t_sec_serv_conf_and_auth: srtp_sec_serv_t = 3;
pub type srtp_sec_serv_t = std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct srtp_crypto_policy_t {
    pub cipher_type: srtp_cipher_type_id_t,
    pub cipher_key_len: std::os::raw::c_int,
    pub auth_type: srtp_auth_type_id_t,
    pub auth_key_len: std::os::raw::c_int,
    pub auth_tag_len: std::os::raw::c_int,
    pub sec_serv: srtp_sec_serv_t,
}
pub const srtp_ssrc_type_t_ssrc_undefined: srtp_ssrc_type_t = 0;
pub const srtp_ssrc_type_t_ssrc_specific: srtp_ssrc_type_t = 1;
pub const srtp_ssrc_type_t_ssrc_any_inbound: srtp_ssrc_type_t = 2;
pub const srtp_ssrc_type_t_ssrc_any_outbound: srtp_ssrc_type_t = 3;
pub type srtp_ssrc_type_t = std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct srtp_ssrc_t {
    pub type_: srtp_ssrc_type_t,
    pub value: std::os::raw::c_uint,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct srtp_ekt_policy_ctx_t {
    _unused: [u8; 0],
}
pub type srtp_ekt_policy_t = *mut srtp_ekt_policy_ctx_t;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct srtp_ekt_stream_ctx_t {
    _unused: [u8; 0],
}
pub type srtp_ekt_stream_t = *mut srtp_ekt_stream_ctx_t;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct srtp_master_key_t {
    pub key: *mut std::os::raw::c_uchar,
    pub mki_id: *mut std::os::raw::c_uchar,
    pub mki_size: std::os::raw::c_uint,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct srtp_policy_t {
    pub ssrc: srtp_ssrc_t,
    pub rtp: srtp_crypto_policy_t,
    pub rtcp: srtp_crypto_policy_t,
    pub key: *mut std::os::raw::c_uchar,
    pub keys: *mut *mut srtp_master_key_t,
    pub num_master_keys: std::os::raw::c_ulong,
    pub ekt: srtp_ekt_policy_t,
    pub window_size: std::os::raw::c_ulong,
    pub allow_repeat_tx: std::os::raw::c_int,
    pub enc_xtn_hdr: *mut std::os::raw::c_int,
    pub enc_xtn_hdr_count: std::os::raw::c_int,
    pub next: *mut srtp_policy_t,
}
pub type srtp_t = *mut srtp_ctx_t;
extern "C" {
    pub fn srtp_init() -> srtp_err_status_t;
    pub fn srtp_shutdown() -> srtp_err_status_t;
    pub fn srtp_protect(
        ctx: srtp_t,
        rtp_hdr: *mut std::os::raw::c_void,
        len_ptr: *mut std::os::raw::c_int,
    ) -> srtp_err_status_t;
    pub fn srtp_protect_mki(
        ctx: *mut srtp_ctx_t,
        rtp_hdr: *mut std::os::raw::c_void,
        pkt_octet_len: *mut std::os::raw::c_int,
        use_mki: std::os::raw::c_uint,
        mki_index: std::os::raw::c_uint,
    ) -> srtp_err_status_t;
    pub fn srtp_unprotect(
        ctx: srtp_t,
        srtp_hdr: *mut std::os::raw::c_void,
        len_ptr: *mut std::os::raw::c_int,
    ) -> srtp_err_status_t;
    pub fn srtp_unprotect_mki(
        ctx: srtp_t,
        srtp_hdr: *mut std::os::raw::c_void,
        len_ptr: *mut std::os::raw::c_int,
        use_mki: std::os::raw::c_uint,
    ) -> srtp_err_status_t;
    pub fn srtp_create(session: *mut srtp_t, policy: *const srtp_policy_t) -> srtp_err_status_t;
    pub fn srtp_add_stream(session: srtp_t, policy: *const srtp_policy_t) -> srtp_err_status_t;
    pub fn srtp_remove_stream(session: srtp_t, ssrc: std::os::raw::c_uint) -> srtp_err_status_t;
    pub fn srtp_update(session: srtp_t, policy: *const srtp_policy_t) -> srtp_err_status_t;
    pub fn srtp_update_stream(session: srtp_t, policy: *const srtp_policy_t) -> srtp_err_status_t;
    pub fn srtp_crypto_policy_set_rtp_default(p: *mut srtp_crypto_policy_t);
    pub fn srtp_crypto_policy_set_rtcp_default(p: *mut srtp_crypto_policy_t);
    pub fn srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(p: *mut srtp_crypto_policy_t);
    pub fn srtp_crypto_policy_set_aes_cm_128_null_auth(p: *mut srtp_crypto_policy_t);
    pub fn srtp_crypto_policy_set_null_cipher_hmac_sha1_80(p: *mut srtp_crypto_policy_t);
    pub fn srtp_crypto_policy_set_null_cipher_hmac_null(p: *mut srtp_crypto_policy_t);
    pub fn srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(p: *mut srtp_crypto_policy_t);
    pub fn srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(p: *mut srtp_crypto_policy_t);
    pub fn srtp_crypto_policy_set_aes_cm_256_null_auth(p: *mut srtp_crypto_policy_t);
    pub fn srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80(p: *mut srtp_crypto_policy_t);
    pub fn srtp_crypto_policy_set_aes_cm_192_hmac_sha1_32(p: *mut srtp_crypto_policy_t);
    pub fn srtp_crypto_policy_set_aes_cm_192_null_auth(p: *mut srtp_crypto_policy_t);
    pub fn srtp_crypto_policy_set_aes_gcm_128_8_auth(p: *mut srtp_crypto_policy_t);
    pub fn srtp_crypto_policy_set_aes_gcm_256_8_auth(p: *mut srtp_crypto_policy_t);
    pub fn srtp_crypto_policy_set_aes_gcm_128_8_only_auth(p: *mut srtp_crypto_policy_t);
    pub fn srtp_crypto_policy_set_aes_gcm_256_8_only_auth(p: *mut srtp_crypto_policy_t);
    pub fn srtp_crypto_policy_set_aes_gcm_128_16_auth(p: *mut srtp_crypto_policy_t);
    pub fn srtp_crypto_policy_set_aes_gcm_256_16_auth(p: *mut srtp_crypto_policy_t);
    pub fn srtp_dealloc(s: srtp_t) -> srtp_err_status_t;
}
pub const srtp_profile_t_srtp_profile_reserved: srtp_profile_t = 0;
pub const srtp_profile_t_srtp_profile_aes128_cm_sha1_80: srtp_profile_t = 1;
pub const srtp_profile_t_srtp_profile_aes128_cm_sha1_32: srtp_profile_t = 2;
pub const srtp_profile_t_srtp_profile_null_sha1_80: srtp_profile_t = 5;
pub const srtp_profile_t_srtp_profile_null_sha1_32: srtp_profile_t = 6;
pub const srtp_profile_t_srtp_profile_aead_aes_128_gcm: srtp_profile_t = 7;
pub const srtp_profile_t_srtp_profile_aead_aes_256_gcm: srtp_profile_t = 8;
pub type srtp_profile_t = std::os::raw::c_uint;
extern "C" {
    pub fn srtp_crypto_policy_set_from_profile_for_rtp(
        policy: *mut srtp_crypto_policy_t,
        profile: srtp_profile_t,
    ) -> srtp_err_status_t;
    pub fn srtp_crypto_policy_set_from_profile_for_rtcp(
        policy: *mut srtp_crypto_policy_t,
        profile: srtp_profile_t,
    ) -> srtp_err_status_t;
    pub fn srtp_profile_get_master_key_length(profile: srtp_profile_t) -> std::os::raw::c_uint;
    pub fn srtp_profile_get_master_salt_length(profile: srtp_profile_t) -> std::os::raw::c_uint;
    pub fn srtp_append_salt_to_key(
        key: *mut std::os::raw::c_uchar,
        bytes_in_key: std::os::raw::c_uint,
        salt: *mut std::os::raw::c_uchar,
        bytes_in_salt: std::os::raw::c_uint,
    );
    pub fn srtp_protect_rtcp(
        ctx: srtp_t,
        rtcp_hdr: *mut std::os::raw::c_void,
        pkt_octet_len: *mut std::os::raw::c_int,
    ) -> srtp_err_status_t;
    pub fn srtp_protect_rtcp_mki(
        ctx: srtp_t,
        rtcp_hdr: *mut std::os::raw::c_void,
        pkt_octet_len: *mut std::os::raw::c_int,
        use_mki: std::os::raw::c_uint,
        mki_index: std::os::raw::c_uint,
    ) -> srtp_err_status_t;
    pub fn srtp_unprotect_rtcp(
        ctx: srtp_t,
        srtcp_hdr: *mut std::os::raw::c_void,
        pkt_octet_len: *mut std::os::raw::c_int,
    ) -> srtp_err_status_t;
    pub fn srtp_unprotect_rtcp_mki(
        ctx: srtp_t,
        srtcp_hdr: *mut std::os::raw::c_void,
        pkt_octet_len: *mut std::os::raw::c_int,
        use_mki: std::os::raw::c_uint,
    ) -> srtp_err_status_t;
    pub fn srtp_set_user_data(ctx: srtp_t, data: *mut std::os::raw::c_void);
    pub fn srtp_get_user_data(ctx: srtp_t) -> *mut std::os::raw::c_void;
}
pub const srtp_event_t_event_ssrc_collision: srtp_event_t = 0;
pub const srtp_event_t_event_key_soft_limit: srtp_event_t = 1;
pub const srtp_event_t_event_key_hard_limit: srtp_event_t = 2;
pub const srtp_event_t_event_packet_index_limit: srtp_event_t = 3;
pub type srtp_event_t = std::os::raw::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct srtp_event_data_t {
    pub session: srtp_t,
    pub ssrc: u32,
    pub event: srtp_event_t,
}
pub type srtp_event_handler_func_t =
    Option<unsafe extern "C" fn(data: *mut srtp_event_data_t)>;
extern "C" {
    pub fn srtp_install_event_handler(func: srtp_event_handler_func_t) -> srtp_err_status_t;
    pub fn srtp_get_version_string() -> *const std::os::raw::c_char;
    pub fn srtp_get_version() -> std::os::raw::c_uint;
    pub fn srtp_set_debug_module(
        mod_name: *const std::os::raw::c_char,
        v: std::os::raw::c_int,
    ) -> srtp_err_status_t;
    pub fn srtp_list_debug_modules() -> srtp_err_status_t;
}
pub const srtp_log_level_t_srtp_log_level_error: srtp_log_level_t = 0;
pub const srtp_log_level_t_srtp_log_level_warning: srtp_log_level_t = 1;
pub const srtp_log_level_t_srtp_log_level_info: srtp_log_level_t = 2;
pub const srtp_log_level_t_srtp_log_level_debug: srtp_log_level_t = 3;
pub type srtp_log_level_t = std::os::raw::c_uint;
pub type srtp_log_handler_func_t = Option<
    unsafe extern "C" fn(
        level: srtp_log_level_t,
        msg: *const std::os::raw::c_char,
        data: *mut std::os::raw::c_void,
    ),
>;
extern "C" {
    pub fn srtp_install_log_handler(
        func: srtp_log_handler_func_t,
        data: *mut std::os::raw::c_void,
    ) -> srtp_err_status_t;
    pub fn srtp_get_protect_trailer_length(
        session: srtp_t,
        use_mki: u32,
        mki_index: u32,
        length: *mut u32,
    ) -> srtp_err_status_t;
    pub fn srtp_get_protect_rtcp_trailer_length(
        session: srtp_t,
        use_mki: u32,
        mki_index: u32,
        length: *mut u32,
    ) -> srtp_err_status_t;
    pub fn srtp_set_stream_roc(session: srtp_t, ssrc: u32, roc: u32) -> srtp_err_status_t;
    pub fn srtp_get_stream_roc(session: srtp_t, ssrc: u32, roc: *mut u32) -> srtp_err_status_t;
}

// The C structures these declarations stand for have the same size and field offsets on every LP64 target; a target
// with another data model must not get past the compiler.
const _: () = {
    use std::mem::{align_of, offset_of, size_of};
    assert!(size_of::<srtp_crypto_policy_t>() == 24 && align_of::<srtp_crypto_policy_t>() == 4);
    assert!(size_of::<srtp_ssrc_t>() == 8 && align_of::<srtp_ssrc_t>() == 4);
    assert!(size_of::<srtp_master_key_t>() == 24 && align_of::<srtp_master_key_t>() == 8);
    assert!(size_of::<srtp_policy_t>() == 128 && align_of::<srtp_policy_t>() == 8);
    assert!(offset_of!(srtp_policy_t, rtp) == 8 && offset_of!(srtp_policy_t, rtcp) == 32);
    assert!(offset_of!(srtp_policy_t, key) == 56 && offset_of!(srtp_policy_t, keys) == 64);
    assert!(offset_of!(srtp_policy_t, num_master_keys) == 72 && offset_of!(srtp_policy_t, ekt) == 80);
    assert!(offset_of!(srtp_policy_t, window_size) == 88 && offset_of!(srtp_policy_t, allow_repeat_tx) == 96);
    assert!(offset_of!(srtp_policy_t, enc_xtn_hdr) == 104 && offset_of!(srtp_policy_t, enc_xtn_hdr_count) == 112);
    assert!(offset_of!(srtp_policy_t, next) == 120);
    assert!(size_of::<srtp_event_data_t>() == 16 && align_of::<srtp_event_data_t>() == 8);
};
