//! Stands in for `bindgen` 0.55 where `srtp2-sys` 3.0.2 asks for it.
//!
//! The build script of that package generates its declarations with the real bindgen, which needs libclang on every
//! machine that builds the project. The declarations never change (the C headers travel inside the package), so they
//! are committed here and handed out. README.md says how they came about and how they are checked.
#![forbid(unsafe_code)]

use std::{env, fmt, fs, io, path::Path};

/// The declarations that stand for `srtp.h`.
const DECLARATIONS: &str = include_str!("bindings.rs");

/// The package and version the declarations belong to.
const PACKAGE: (&str, &str) = ("srtp2-sys", "3.0.2");

/// The part of bindgen's builder that the build script of `srtp2-sys` calls. The selections it makes are those the
/// committed declarations were generated with, so they change nothing here.
#[derive(Debug, Default)]
pub struct Builder;

impl Builder {
    /// Compiler arguments: the include path of the headers.
    pub fn clang_args<I>(self, _arguments: I) -> Self {
        self
    }

    /// The header to declare.
    pub fn header<T: Into<String>>(self, _header: T) -> Self {
        self
    }

    /// Selects functions.
    pub fn whitelist_function<T: AsRef<str>>(self, _pattern: T) -> Self {
        self
    }

    /// Selects types.
    pub fn whitelist_type<T: AsRef<str>>(self, _pattern: T) -> Self {
        self
    }

    /// Selects constants.
    pub fn whitelist_var<T: AsRef<str>>(self, _pattern: T) -> Self {
        self
    }

    /// Leaves items out: the ones a build without OpenSSL lacks. A declaration nobody calls does no harm.
    pub fn blacklist_item<T: AsRef<str>>(self, _pattern: T) -> Self {
        self
    }

    /// The declarations, provided that it is the known package that asks, for a target they are valid for.
    pub fn generate(self) -> Result<Bindings, Refusal> {
        let variable = |name| env::var(name).unwrap_or_default();
        let asking = (variable("CARGO_PKG_NAME"), variable("CARGO_PKG_VERSION"));
        if (asking.0.as_str(), asking.1.as_str()) != PACKAGE {
            return Err(Refusal::Package { name: asking.0, version: asking.1 });
        }
        let family = variable("CARGO_CFG_TARGET_FAMILY");
        let width = variable("CARGO_CFG_TARGET_POINTER_WIDTH");
        if !family.split(',').any(|family| family == "unix") || width != "64" {
            return Err(Refusal::Target { family, width });
        }
        Ok(Bindings)
    }
}

/// The declarations.
#[derive(Debug)]
pub struct Bindings;

impl Bindings {
    /// Writes them where the package includes them from.
    pub fn write_to_file<P: AsRef<Path>>(&self, path: P) -> io::Result<()> {
        fs::write(path, DECLARATIONS)
    }
}

/// Why no declarations are handed out.
#[derive(Debug)]
pub enum Refusal {
    /// Another package, or another version, asks.
    Package {
        /// Its name.
        name: String,
        /// Its version.
        version: String,
    },
    /// The target has another data model.
    Target {
        /// `target_family` of the target.
        family: String,
        /// `target_pointer_width` of the target.
        width: String,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Package { name, version } => {
                write!(f, "only {} {} is served, not {name} {version}", PACKAGE.0, PACKAGE.1)
            }
            Self::Target { family, width } => {
                write!(f, "only 64-bit Unix targets are served, not {width}-bit {family}")
            }
        }
    }
}

impl std::error::Error for Refusal {}
