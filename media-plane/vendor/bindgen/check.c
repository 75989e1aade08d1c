/* Compares the layout that src/bindings.rs asserts with the C compiler's; see README.md. */
#include <stddef.h>
#include "srtp.h"

#define CHECK(condition) _Static_assert(condition, #condition)

CHECK(sizeof(srtp_crypto_policy_t) == 24);
CHECK(sizeof(srtp_ssrc_t) == 8);
CHECK(sizeof(srtp_master_key_t) == 24);
CHECK(sizeof(srtp_policy_t) == 128);
CHECK(offsetof(srtp_policy_t, rtp) == 8);
CHECK(offsetof(srtp_policy_t, rtcp) == 32);
CHECK(offsetof(srtp_policy_t, key) == 56);
CHECK(offsetof(srtp_policy_t, keys) == 64);
CHECK(offsetof(srtp_policy_t, num_master_keys) == 72);
CHECK(offsetof(srtp_policy_t, ekt) == 80);
CHECK(offsetof(srtp_policy_t, window_size) == 88);
CHECK(offsetof(srtp_policy_t, allow_repeat_tx) == 96);
CHECK(offsetof(srtp_policy_t, enc_xtn_hdr) == 104);
CHECK(offsetof(srtp_policy_t, enc_xtn_hdr_count) == 112);
CHECK(offsetof(srtp_policy_t, next) == 120);
CHECK(sizeof(srtp_event_data_t) == 16);
CHECK(srtp_err_status_pkt_idx_adv == 27);
CHECK(ssrc_any_outbound == 3);
CHECK(srtp_profile_aead_aes_256_gcm == 8);
CHECK(SRTP_MAX_TRAILER_LEN == 144);
