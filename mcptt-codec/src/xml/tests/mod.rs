mod bodies;
mod documents;
mod property;
mod reader;
mod view;
mod writer;
