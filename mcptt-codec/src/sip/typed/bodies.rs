//! Bodies, and what else is said about a message.

use super::accessors;
use crate::sip::field::{ContentDisposition, ContentId, Date, InfoUri, MimeVersion, Text, Timestamp, Token};

accessors! {
    /// Content-Disposition.
    field content_disposition: ContentDisposition = ContentDisposition;
    /// Content-ID.
    field content_id: ContentId = ContentId;
    /// Content-Encoding.
    list content_encoding: Token = ContentEncoding;
    /// Content-Language.
    list content_language: Token = ContentLanguage;
    /// MIME-Version.
    field mime_version: MimeVersion = MimeVersion;
    /// Date.
    field date: Date = Date;
    /// Timestamp.
    field timestamp: Timestamp = Timestamp;
    /// Subject.
    field subject: Text = Subject;
    /// Organization.
    field organization: Text = Organization;
    /// Priority.
    field priority: Token = Priority;
    /// Call-Info.
    list call_info: InfoUri = CallInfo;
    /// Alert-Info.
    list alert_info: InfoUri = AlertInfo;
    /// Error-Info.
    list error_info: InfoUri = ErrorInfo;
    /// Geolocation.
    list geolocation: InfoUri = Geolocation;
}
