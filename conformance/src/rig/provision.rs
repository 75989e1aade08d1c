//! The configuration of a node under test.

use mcptt_server::config;
use mcptt_server::node::NodeConfig;

/// The embedded configuration with a change, both TOML.
///
/// # Panics
/// When the change does not fit: a scenario of ours is wrong then.
pub fn configuration(change: &str) -> NodeConfig {
    let mut table: toml::Table = config::DEFAULT.parse().expect("the embedded configuration is TOML");
    merge(&mut table, change.parse().expect("a scenario's change is TOML"));
    config::parse(&table.to_string()).expect("a scenario's configuration is valid")
}

/// Puts the settings of `change` over those of `table`; lists are replaced as a whole.
pub(crate) fn merge(table: &mut toml::Table, change: toml::Table) {
    for (key, value) in change {
        match (table.get_mut(&key), value) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(change)) => merge(inner, change),
            (_, value) => {
                table.insert(key, value);
            }
        }
    }
}
