mod agreement;
mod attributes;
mod crypto;
mod description;
mod deviations;
mod fmtp;
mod lines;
mod offer_answer;
mod property;
mod raw;
mod second_opinion;
mod shown;

/// The offer of section 21.4 of the call control digest.
pub(super) const OFFER: &str = concat!(
    "v=0\r\n",
    "o=alice 2890844526 2890844526 IN IP4 10.1.1.5\r\n",
    "s=-\r\n",
    "c=IN IP4 10.1.1.5\r\n",
    "t=0 0\r\n",
    "m=audio 40000 RTP/AVP 97\r\n",
    "i=speech\r\n",
    "a=rtpmap:97 AMR-WB/16000/1\r\n",
    "a=fmtp:97 mode-change-capability=2; max-red=0\r\n",
    "a=ptime:20\r\n",
    "m=application 40002 udp MCPTT\r\n",
    "a=fmtp:MCPTT mc_queueing;mc_priority=5;mc_granted;mc_implicit_request\r\n",
);

/// The answer of section 21.6, written out.
pub(super) const ANSWER: &str = concat!(
    "v=0\r\n",
    "o=- 7 1 IN IP4 10.2.2.1\r\n",
    "s=-\r\n",
    "c=IN IP4 10.2.2.1\r\n",
    "t=0 0\r\n",
    "m=audio 30000 RTP/AVP 97\r\n",
    "i=speech\r\n",
    "a=rtpmap:97 AMR-WB/16000/1\r\n",
    "m=application 30002 udp MCPTT\r\n",
    "a=fmtp:MCPTT mc_queueing;mc_priority=5;mc_implicit_request\r\n",
);
