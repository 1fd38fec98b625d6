//! ntex: actix-web's builders under another name.

use super::actix_web::ActixWeb;

/// The framework.
pub(super) static NTEX: ActixWeb = ActixWeb { name: "ntex", crates: &["ntex", "ntex_files"] };
