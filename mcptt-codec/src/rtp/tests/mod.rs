mod extension;
mod fec;
mod packet;
mod property;
mod redundancy;
