mod bodies;
mod documents;
pub(super) mod generate;
mod property;
mod reader;
mod ue_documents;
mod view;
mod writer;
