//! A node under hostile input, on virtual time: whatever comes in is counted, reported and, where a clause says so, answered; the
//! call that is running does not notice.

mod flood;
mod half_open;
mod media;
mod scene;
mod shutdown;
mod signalling;
mod wire;
