/// Defines an enum that is stored as text on both databases: one list of variant, stored word and label.
///
/// ```ignore
/// text_enum! {
///     /// What became of it.
///     pub enum State { Active = "active" / "Active", Cancelled = "cancelled" / "Cancelled" }
/// }
/// ```
/// gives `State::ALL`, `as_str`, `label`, `FromStr`, `Display` (the stored word), serde and the column type.
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal / $label:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[diesel(sql_type = diesel::sql_types::Text)]
        #[serde(into = "&'static str", try_from = "String")]
        $vis enum $name { $($(#[$vmeta])* #[doc = $label] $variant),+ }

        impl $name {
            /// Every value, in the order of the definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in the database and in URLs.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $word),+ } }

            /// The word on the screen.
            pub const fn label(self) -> &'static str { match self { $(Self::$variant => $label),+ } }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or_else(|| format!("unknown {}: {text}", stringify!($name)))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }

        impl From<$name> for &'static str { fn from(value: $name) -> Self { value.as_str() } }

        impl TryFrom<String> for $name {
            type Error = String;
            fn try_from(text: String) -> Result<Self, Self::Error> { text.parse() }
        }

        impl<DB: diesel::backend::Backend> diesel::deserialize::FromSql<diesel::sql_types::Text, DB> for $name
        where String: diesel::deserialize::FromSql<diesel::sql_types::Text, DB> {
            fn from_sql(raw: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> { Ok(String::from_sql(raw)?.parse()?) }
        }

        impl<DB: diesel::backend::Backend> diesel::serialize::ToSql<diesel::sql_types::Text, DB> for $name
        where str: diesel::serialize::ToSql<diesel::sql_types::Text, DB> {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, DB>) -> diesel::serialize::Result { self.as_str().to_sql(out) }
        }
    };
}
