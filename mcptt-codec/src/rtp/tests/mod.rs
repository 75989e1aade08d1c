mod extension;
mod packet;
mod property;
