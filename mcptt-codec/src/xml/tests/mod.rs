mod bodies;
mod documents;
pub(super) mod generate;
mod property;
mod reader;
mod view;
mod writer;
