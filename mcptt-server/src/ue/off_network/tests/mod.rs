//! Several clients without a network, over a simulated radio: call control, floor control and voice together.

mod calls;
mod private;
mod properties;
mod radio;
