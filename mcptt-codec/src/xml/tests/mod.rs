mod bodies;
mod property;
mod reader;
mod writer;
