//! The floor control server on a virtual clock: exact ordered outputs, by topic.

mod acknowledging;
mod arbitration;
mod behind;
mod broadcast;
mod cancel;
mod discard;
mod disclosed;
mod dual;
mod grant;
mod idle;
mod kinds;
mod media;
mod on_behalf;
mod pre_emption;
mod properties;
mod queue;
mod release;
mod resumed;
mod revoke;
mod rig;
mod set_up;
mod several;
mod temporary;
mod timers;
mod transitions;
mod unicast;
