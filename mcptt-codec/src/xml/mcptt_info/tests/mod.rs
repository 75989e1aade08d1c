mod any_ext;
mod document;
mod indicators;
mod property;

use super::*;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const CLIENT: &str = "urn:uuid:00000000-0000-4000-8000-0000000000a1";

/// A document with these children of `mcptt-Params`.
fn params(children: &str) -> String {
    format!(
        "<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params>{children}</mcptt-Params></mcpttinfo>"
    )
}

fn parse(children: &str) -> McpttInfo {
    McpttInfo::parse(params(children).as_bytes()).unwrap()
}

fn written(info: &McpttInfo) -> String {
    info.to_xml().strip_prefix(DECLARATION).unwrap().to_owned()
}

fn normal<T>(value: T) -> Option<Content<T>> {
    Some(Content::Normal(value))
}
