//! The model files, embedded.
//!
//! The list is written out so that a file that is added is seen to be added; a test compares it with the folder.

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../models/", $name)))),*]
    };
}

/// Name and text.
pub(crate) const FILES: &[(&str, &str)] = files![
    "actix-auth-middleware.toml",
    "actix-identity.toml",
    "actix-session.toml",
    "actix-web-httpauth.toml",
    "actix-web.toml",
    "actix.toml",
    "alloy-primitives.toml",
    "anyhow.toml",
    "arangors.toml",
    "argon2.toml",
    "askama.toml",
    "async-channel.toml",
    "async-graphql.toml",
    "async-std.toml",
    "axum.toml",
    "base64.toml",
    "bb8.toml",
    "biscuit-auth.toml",
    "bytes.toml",
    "casbin.toml",
    "cassandra-cpp.toml",
    "cdrs-tokio.toml",
    "chrono.toml",
    "clickhouse.toml",
    "compact_str.toml",
    "cookie.toml",
    "crossbeam-channel.toml",
    "dashmap.toml",
    "datafusion.toml",
    "deadpool.toml",
    "diesel.toml",
    "dropshot.toml",
    "duckdb.toml",
    "errors.toml",
    "fancy-regex.toml",
    "fastly.toml",
    "flate2.toml",
    "flume.toml",
    "fs-err.toml",
    "futures.toml",
    "gluesql.toml",
    "google-cloud-spanner.toml",
    "graphql_client.toml",
    "handlebars.toml",
    "heck.toml",
    "html-escape.toml",
    "html.toml",
    "http.toml",
    "hyper.toml",
    "image.toml",
    "influxdb.toml",
    "iron.toml",
    "itertools.toml",
    "jsonrpsee.toml",
    "jsonwebtoken.toml",
    "kinds.toml",
    "lambda_http.toml",
    "ldap3.toml",
    "leptos.toml",
    "libsql.toml",
    "loco-rs.toml",
    "log.toml",
    "maud.toml",
    "mime.toml",
    "minijinja.toml",
    "mongodb.toml",
    "mysql.toml",
    "mysql_async.toml",
    "neo4rs.toml",
    "ntex.toml",
    "odbc-api.toml",
    "once_cell.toml",
    "oracle.toml",
    "parking_lot.toml",
    "path-clean.toml",
    "percent-encoding.toml",
    "phf.toml",
    "poem.toml",
    "postgres.toml",
    "prisma-client-rust.toml",
    "pulldown-cmark.toml",
    "quick-xml.toml",
    "r2d2.toml",
    "rand.toml",
    "rbatis.toml",
    "redis.toml",
    "regex.toml",
    "reqwest.toml",
    "rhai.toml",
    "rmcp.toml",
    "rmp-serde.toml",
    "rocket.toml",
    "rocket_auth.toml",
    "rouille.toml",
    "rusqlite.toml",
    "rust_decimal.toml",
    "s3s.toml",
    "salvo.toml",
    "scylla.toml",
    "sea-orm.toml",
    "serde.toml",
    "serde_json.toml",
    "shlex.toml",
    "signatures.toml",
    "smallvec.toml",
    "smol_str.toml",
    "sqlite.toml",
    "sqlx.toml",
    "std.toml",
    "surrealdb.toml",
    "tantivy.toml",
    "tempfile.toml",
    "tera.toml",
    "tiberius.toml",
    "tide.toml",
    "time.toml",
    "tiny_http.toml",
    "tokio-postgres.toml",
    "tokio.toml",
    "tonic.toml",
    "tower-http.toml",
    "tower-sessions.toml",
    "ureq.toml",
    "url.toml",
    "uuid.toml",
    "v_htmlescape.toml",
    "validator.toml",
    "walkdir.toml",
    "warp.toml",
    "worker.toml",
    "zip.toml",
];

#[cfg(test)]
mod tests {
    use std::fs;

    use ward_flow::models::{ModelFile, load};

    use super::FILES;

    #[test]
    fn every_file_of_the_folder_is_embedded() {
        let folder = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/models")).unwrap();
        let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.strip_suffix(".toml").is_some()).collect();
        names.sort();
        assert_eq!(FILES.iter().map(|file| file.0).collect::<Vec<_>>(), names);
    }

    #[test]
    fn every_file_is_right() {
        let files: Vec<ModelFile<'_>> = FILES.iter().map(|&(name, text)| ModelFile { name, text }).collect();
        let (_, errors) = load(&files, None);
        assert_eq!(errors, []);
    }
}
