//! `[authorisation]`: what a client needs to be served, and who issues access tokens.

use std::path::{Path, PathBuf};
use std::time::Duration;

use call_control::access_token::TokenRules;
use call_control::config as cc;
use serde::Deserialize;

use super::duration::Span;
use super::file::File;
use super::{FileError, value};

/// `[authorisation]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Authorisation {
    pub(super) by: By,
    pub(super) issuer: String,
    pub(super) audience: Vec<String>,
    pub(super) keys: String,
    pub(super) roots: Option<PathBuf>,
    pub(super) reload: Span,
    pub(super) leeway: Span,
    pub(super) any_release: bool,
}

/// What a client needs.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// Its registration.
    Registration,
    /// An access token.
    Token,
}

impl Default for Authorisation {
    fn default() -> Self {
        Self {
            by: By::Registration,
            issuer: "https://idms.mc.example.org".to_owned(),
            audience: Vec::new(),
            keys: String::new(),
            roots: None,
            reload: Span(Duration::from_secs(300)),
            leeway: Span(Duration::from_secs(30)),
            any_release: false,
        }
    }
}

/// Where the keys of the issuer are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A JSON Web Key Set in a file.
    File(PathBuf),
    /// A JSON Web Key Set behind a URL; the roots that its certificate is checked with, for `https`.
    Url(String, Option<PathBuf>),
    /// The server issues development tokens itself, with a key in this folder.
    Development(PathBuf),
}

/// Access tokens.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// What a token has to be; the keys are still to come.
    pub rules: TokenRules,
    /// Where the keys are.
    pub source: KeySource,
    /// How often they are looked at again.
    pub reload: Duration,
    /// The release whose scopes are asked for.
    pub release: u8,
}

impl Authorisation {
    fn rules(&self) -> TokenRules {
        TokenRules {
            audience: self.audience.clone(),
            leeway: self.leeway.0,
            any_release: self.any_release,
            ..TokenRules::new(&self.issuer)
        }
    }

    pub(super) fn call_control(&self) -> cc::Authorisation {
        match self.by {
            By::Registration => cc::Authorisation::Registration,
            By::Token => cc::Authorisation::Token(self.rules()),
        }
    }
}

impl File {
    /// What the file says about access tokens. `None`: nobody could check one.
    ///
    /// # Errors
    /// [`FileError::Value`] names the setting, its value and what is allowed.
    pub(super) fn tokens(&self, folder: &Path) -> Result<Option<Tokens>, FileError> {
        let own = &self.authorisation;
        for (setting, span, longest) in [
            ("authorisation.leeway", own.leeway.0, Duration::from_secs(600)),
            ("authorisation.reload", own.reload.0, Duration::from_secs(86_400)),
        ] {
            if span > longest {
                return Err(value(setting, format!("{span:?}"), format!("0s to {longest:?}")));
            }
        }
        if own.issuer.is_empty() {
            return Err(value("authorisation.issuer", "\"\"", "the iss of the tokens, mostly a URL"));
        }
        let source = match own.keys.as_str() {
            "" => self.data_folder(folder).map(|data| KeySource::Development(data.folder)),
            url if url.starts_with("http://") || url.starts_with("https://") => {
                if url.starts_with("https://") && own.roots.is_none() {
                    return Err(value(
                        "authorisation.keys",
                        url,
                        "an https URL only together with authorisation.roots (PEM)",
                    ));
                }
                Some(KeySource::Url(url.to_owned(), own.roots.as_ref().map(|roots| folder.join(roots))))
            }
            file => Some(KeySource::File(folder.join(file))),
        };
        if source.is_none() && own.by == By::Token {
            return Err(value(
                "authorisation.keys",
                "\"\"",
                "a file or URL with the keys of the issuer, or store.data-dir for development tokens",
            ));
        }
        Ok(source.map(|source| Tokens {
            rules: own.rules(),
            source,
            reload: own.reload.0.max(Duration::from_secs(1)),
            release: self.policy.release,
        }))
    }
}
