//! Words of a closed set: one spelling on the wire and in the tables, read in any case.

/// Makes an enum of words: `words! { /// What it is. Status as SchemaName { /// One. Present = "Present" } }`.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident as $schema:ident { $($(#[$one:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$one])* #[serde(rename = $text)] $variant),+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// As the wire and the tables spell it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }

            /// All of them in one sentence.
            pub(crate) fn choices() -> String {
                [$($text),+].join(", ")
            }
        }

        // By hand, because the derive does not see the names that a macro gives.
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::RefOr::T(crate::wire::one_of([$($text),+]))
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed(stringify!($schema))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = ();

            /// In any case: files are typed by people.
            fn from_str(text: &str) -> Result<Self, ()> {
                Self::ALL.iter().copied().find(|one| one.as_str().eq_ignore_ascii_case(text.trim())).ok_or(())
            }
        }
    };
}

pub(crate) use words;
