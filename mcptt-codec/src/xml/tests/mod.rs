mod bodies;
mod property;
mod reader;
mod view;
mod writer;
