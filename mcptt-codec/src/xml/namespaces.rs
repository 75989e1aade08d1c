//! The namespaces of the documents of group and configuration management, with the prefixes they are written
//! with.

use super::Namespace;

/// Group documents of OMA, the default of a group document.
pub const LIST_SERVICE: Namespace = Namespace { uri: "urn:oma:xml:poc:list-service", prefix: "" };
/// What MCPTT adds to group documents (TS 24.481 7.2.4.2).
pub const GROUP_INFO: Namespace = Namespace { uri: "urn:3gpp:ns:mcpttGroupInfo:1.0", prefix: "mcpttgi" };
/// Extensions of OMA document management: the supported services of a group.
pub const XDM_EXTENSIONS: Namespace = Namespace { uri: "urn:oma:xml:xdm:extensions", prefix: "oxe" };
/// Display names of list entries (RFC 4826).
pub const RESOURCE_LISTS: Namespace =
    Namespace { uri: "urn:ietf:params:xml:ns:resource-lists", prefix: "rl" };
/// Rules (RFC 4745).
pub const COMMON_POLICY: Namespace = Namespace { uri: "urn:ietf:params:xml:ns:common-policy", prefix: "cp" };
/// User profiles (TS 24.484 8.3.2.4).
pub const USER_PROFILE: Namespace = Namespace { uri: "urn:3gpp:mcptt:user-profile:1.0", prefix: "" };
/// Service configuration (TS 24.484 8.4.2.4).
pub const SERVICE_CONFIG: Namespace = Namespace { uri: "urn:3gpp:ns:mcpttServiceConfig:1.0", prefix: "" };
/// UE initial configuration (TS 24.484 7.2.2.4).
pub const UE_INIT_CONFIG: Namespace = Namespace { uri: "urn:3gpp:mcptt:mcpttUEinitConfig:1.0", prefix: "" };
/// UE configuration (TS 24.484 8.2.2.4).
pub const UE_CONFIG: Namespace = Namespace { uri: "urn:3gpp:mcptt:mcpttUEConfig:1.0", prefix: "" };
