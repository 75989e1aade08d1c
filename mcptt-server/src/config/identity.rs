//! `[identity]`: the identity management server of those who have no other.

use std::path::{Path, PathBuf};
use std::time::Duration;

use call_control::access_token::Scope;
use serde::Deserialize;

use super::duration::Span;
use super::file::File;
use super::{FileError, KeySource, value};

/// `[identity]`. Without applications there is none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Identity {
    access_lifetime: Option<Span>,
    refresh_lifetime: Option<Span>,
    #[serde(rename = "application")]
    applications: Vec<ApplicationEntry>,
    #[serde(rename = "account")]
    accounts: Vec<AccountEntry>,
}

/// `[[identity.application]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ApplicationEntry {
    id: String,
    redirect: Vec<String>,
}

/// `[[identity.account]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct AccountEntry {
    name: String,
    mcptt_id: String,
    password: String,
}

/// An application that users log in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// `client_id`.
    pub id: String,
    /// Where users may be sent back to, compared as it is.
    pub redirect: Vec<String>,
}

/// Somebody who may log in.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The name that is typed in.
    pub name: String,
    /// The MCPTT ID that the tokens are for.
    pub mcptt_id: String,
    /// The password as it is kept, in the notation of [`NOTATION`].
    pub password: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The identity management server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityServer {
    /// The applications.
    pub applications: Vec<Application>,
    /// The users.
    pub accounts: Vec<Account>,
    /// How long an access token is valid.
    pub access_lifetime: Duration,
    /// How long a refresh token is; each is used once and replaced.
    pub refresh_lifetime: Duration,
    /// The scopes that may be asked for.
    pub scopes: Vec<String>,
    /// Where the key is that it signs with.
    pub folder: PathBuf,
}

/// How a password is written down.
pub const NOTATION: &str = "$pbkdf2-sha256$i=ITERATIONS$SALT$HASH with 10000 to 10000000 iterations, as \
                            `mcptt-server password` makes it";

/// Iterations, salt and hash of a password that is written down, these two as text. `None`: it is written otherwise, or with a
/// number of iterations that protects nothing or keeps the server busy.
pub fn parts_of_password(text: &str) -> Option<(u32, &str, &str)> {
    let mut parts = text.strip_prefix("$pbkdf2-sha256$i=")?.split('$');
    let (iterations, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
    let iterations: u32 = iterations.parse().ok().filter(|number| (10_000..=10_000_000).contains(number))?;
    parts.next().is_none().then_some((iterations, salt, hash))
}

impl File {
    /// What the file says about the identity management server. `None`: there is none.
    ///
    /// # Errors
    /// [`FileError::Value`] names the setting, its value and what is allowed.
    pub(super) fn identity_server(&self, folder: &Path) -> Result<Option<IdentityServer>, FileError> {
        let own = &self.identity;
        let Some(first) = own.applications.first() else { return Ok(None) };
        let tokens = self.tokens(folder)?;
        let key = tokens.as_ref().and_then(|tokens| match &tokens.source {
            KeySource::Development(folder) => Some(folder.clone()),
            _ => None,
        });
        let (Some(tokens), Some(key), true) = (&tokens, key, self.documents.http.is_some()) else {
            let allowed = "applications only together with documents.http and store.data-dir, and without authorisation.keys";
            return Err(value("identity.application.id", &first.id, allowed));
        };
        for application in &own.applications {
            if application
                .redirect
                .iter()
                .any(|uri| uri.is_empty() || uri.contains('#') || !uri.contains(':'))
            {
                let given = application.redirect.join(", ");
                let allowed = "absolute URIs without a fragment";
                return Err(value("identity.application.redirect", given, allowed));
            }
        }
        let accounts = own.accounts.iter().map(|account| {
            let setting = || format!("identity.account[{}].password", account.name);
            parts_of_password(&account.password).ok_or_else(|| value(setting(), "(not shown)", NOTATION))?;
            let (name, mcptt_id) = (account.name.clone(), account.mcptt_id.clone());
            Ok(Account { name, mcptt_id, password: account.password.clone() })
        });
        let lifetime = |setting: &str, span: Option<Span>, default: u64, longest: u64| {
            let span = span.map_or(Duration::from_secs(default), |span| span.0);
            let range = Duration::from_secs(10)..=Duration::from_secs(longest);
            match range.contains(&span) {
                true => Ok(span),
                false => Err(value(
                    setting,
                    format!("{span:?}"),
                    format!("{:?} to {:?}", range.start(), range.end()),
                )),
            }
        };
        let scopes = [Scope::Service, Scope::Configuration, Scope::Group]
            .into_iter()
            .flat_map(|scope| scope.spellings(tokens.release, tokens.rules.any_release));
        Ok(Some(IdentityServer {
            applications: own
                .applications
                .iter()
                .map(|one| Application { id: one.id.clone(), redirect: one.redirect.clone() })
                .collect(),
            accounts: accounts.collect::<Result<_, FileError>>()?,
            access_lifetime: lifetime("identity.access-lifetime", own.access_lifetime, 3_600, 86_400)?,
            refresh_lifetime: lifetime(
                "identity.refresh-lifetime",
                own.refresh_lifetime,
                86_400,
                365 * 86_400,
            )?,
            scopes: scopes.map(str::to_owned).collect(),
            folder: key,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    const STORED: &str = "[store]\ndata-dir = \"data\"\n[documents]\nhttp = \"127.0.0.1:8090\"\n";

    fn refused(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let application = "[[identity.application]]\nid = \"app\"\nredirect = [\"app://back\"]\n";
        assert!(parse(&format!("{STORED}{application}")).is_ok());
        assert!(refused(application).starts_with("identity.application.id = app: "));
        let fragment = application.replace("app://back", "app://back#x");
        assert!(
            refused(&format!("{STORED}{fragment}"))
                .starts_with("identity.application.redirect = app://back#x")
        );
        let account =
            "[[identity.account]]\nname = \"a\"\nmcptt-id = \"sip:a@x.org\"\npassword = \"secret\"\n";
        let said = refused(&format!("{STORED}{application}{account}"));
        assert!(
            said.starts_with("identity.account[a].password = (not shown)") && !said.contains("secret"),
            "{said}"
        );
        let short = format!("[identity]\naccess-lifetime = \"1s\"\n{application}");
        assert!(refused(&format!("{STORED}{short}")).starts_with("identity.access-lifetime = 1s"));
    }
}
