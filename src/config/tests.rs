#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test may fail loudly and prepares real files"
)]

use std::fs;

use tempfile::TempDir;

use super::settings::Fsync;
use super::*;

/// Loads from a file's text, variables and flags, as a process with these would.
fn load_from(file: &str, variables: &[(&str, &str)], flags: Flags) -> Result<Settings, String> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("clearspan.toml");
    fs::write(&path, file).unwrap();
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    layered(Some(&path), variables, flags)
        .and_then(|settings| rules::check(&settings).map(|()| settings))
        .map_err(|error| {
            error
                .to_string()
                .replace(path.to_str().unwrap(), "clearspan.toml")
        })
}

fn check_error(file: &str, variables: &[(&str, &str)], expected: &str) {
    let error = load_from(file, variables, Vec::new()).expect_err("accepted");
    assert!(
        error.contains(expected),
        "{error:?} does not contain {expected:?}"
    );
}

#[test]
fn nothing_given_is_the_defaults() {
    assert_eq!(load_from("", &[], Vec::new()).unwrap(), Settings::default());
}

#[test]
fn a_flag_beats_the_environment_beats_the_file_beats_the_default() {
    let file = "[storage]\nflush_bytes = 100001\nflush_interval_ms = 1\nfsync = \"never\"\n";
    let variables = [
        ("CLEARSPAN_STORAGE__FLUSH_BYTES", "100002"),
        ("CLEARSPAN_STORAGE__FLUSH_INTERVAL_MS", "2"),
    ];
    let settings = load_from(
        file,
        &variables,
        vec![("storage.flush_bytes", Value::Integer(100_003))],
    )
    .unwrap();
    assert_eq!(settings.storage.flush_bytes, 100_003);
    assert_eq!(settings.storage.flush_interval_ms, 2);
    assert_eq!(settings.storage.fsync, Fsync::Never);
    assert_eq!(settings.collector, Settings::default().collector);
}

#[test]
fn an_unknown_key_names_the_nearest() {
    let did_you_mean = "unknown setting `storage.flush_byte`; did you mean `storage.flush_bytes`?";
    check_error(
        "[storage]\nflush_byte = 1",
        &[],
        &format!("clearspan.toml: {did_you_mean}"),
    );
    let variable = "CLEARSPAN_STORAGE__FLUSH_BYTE";
    check_error(
        "",
        &[(variable, "1")],
        &format!("environment variable {variable}: {did_you_mean}"),
    );
    check_error(
        "[server]\nfsync = \"never\"",
        &[],
        "did you mean `storage.fsync`?",
    );
    check_error("[nonsense]\nzzz = 1", &[], "unknown setting `nonsense.zzz`");
    check_error(
        "data_dir = \"x\"",
        &[],
        "unknown setting `data_dir`; did you mean `server.data_dir`?",
    );
}

#[test]
fn a_single_underscore_is_a_mistake_only_where_it_nearly_names_a_setting() {
    let missed = [("CLEARSPAN_SERVER_DATA_DIR", "x")];
    check_error("", &missed, "did you mean `CLEARSPAN_SERVER__DATA_DIR`?");
    let foreign = [
        ("CLEARSPAN_SERVICE_HOST", "10.0.0.1"),
        ("CLEARSPAN_BIN", "x"),
        ("PATH", "y"),
    ];
    assert_eq!(
        load_from("", &foreign, Vec::new()).unwrap(),
        Settings::default()
    );
}

#[test]
fn a_wrong_value_is_named_where_it_was_written() {
    check_error(
        "[storage]\nflush_bytes = \"much\"",
        &[],
        "`storage.flush_bytes`: expected integer, found string",
    );
    check_error(
        "[storage]\nflush_bytes = -1",
        &[],
        "clearspan.toml: `storage.flush_bytes`",
    );
    check_error(
        "",
        &[("CLEARSPAN_STORAGE__FLUSH_BYTES", "much")],
        "expected integer, found \"much\"",
    );
    check_error(
        "",
        &[("CLEARSPAN_STORAGE__FSYNC", "often")],
        "`always`, `interval`, `never`",
    );
    check_error(
        "",
        &[("CLEARSPAN_SERVER__HTTP", "here")],
        "environment variable CLEARSPAN_SERVER__HTTP",
    );
    check_error(
        "[storage]\nflush_bytes = 1",
        &[],
        "`storage`: flush_bytes is 1",
    );
    check_error(
        "[query]\nmemory_bytes = 0",
        &[],
        "`query.memory_bytes`: must be above 0",
    );
    check_error("[log]\nlevel = \"info,=\"", &[], "log.level");
    check_error("[storage", &[], "clearspan.toml: TOML parse error");
    check_error(
        "[server]\ndrain_timeout_ms = 60000",
        &[],
        "must be at most 20000",
    );
    check_error(
        "[collector]\nmax_request_bytes = 0",
        &[],
        "`collector`: max_request_bytes is 0",
    );
}

#[test]
fn a_variable_may_name_a_file_that_holds_the_value() {
    let folder = TempDir::new().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, "never\n").unwrap();
    let by_file = ("CLEARSPAN_STORAGE__FSYNC_FILE", secret.to_str().unwrap());
    assert_eq!(
        load_from("", &[by_file], Vec::new()).unwrap().storage.fsync,
        Fsync::Never
    );
    let both = [by_file, ("CLEARSPAN_STORAGE__FSYNC", "always")];
    check_error(
        "",
        &both,
        "both CLEARSPAN_STORAGE__FSYNC and CLEARSPAN_STORAGE__FSYNC_FILE are set",
    );
    check_error(
        "",
        &[("CLEARSPAN_STORAGE__FSYNC_FILE", "/nowhere")],
        "cannot read /nowhere",
    );
}

#[test]
fn a_list_in_a_variable_is_separated_by_commas() {
    let origins = [(
        "CLEARSPAN_COLLECTOR__CORS_ALLOWED_ORIGINS",
        "https://a.example, https://b.example",
    )];
    let settings = load_from("", &origins, Vec::new()).unwrap();
    assert_eq!(
        settings.collector.cors_allowed_origins,
        ["https://a.example", "https://b.example"]
    );
}

#[test]
fn a_public_address_needs_to_be_allowed() {
    for address in [
        "0.0.0.0:4318",
        "[::]:4318",
        "192.0.2.1:0",
        "[::ffff:192.0.2.1]:1",
    ] {
        let file = format!("[server]\notlp_http = \"{address}\"");
        check_error(&file, &[], "server.allow_public = true");
        assert!(load_from(&format!("{file}\nallow_public = true"), &[], Vec::new()).is_ok());
    }
    for address in ["127.0.0.2:4318", "[::1]:4318", "[::ffff:127.0.0.1]:1"] {
        assert!(
            load_from(
                &format!("[server]\notlp_http = \"{address}\""),
                &[],
                Vec::new()
            )
            .is_ok()
        );
    }
}

#[test]
fn one_address_serves_one_purpose() {
    check_error(
        "[server]\nhttp = \"127.0.0.1:4318\"",
        &[],
        "already the address of server.otlp_http",
    );
    let free = "[server]\nhttp = \"127.0.0.1:0\"\notlp_http = \"127.0.0.1:0\"";
    assert!(load_from(free, &[], Vec::new()).is_ok());
}

#[test]
fn the_effective_settings_print_and_read_back() {
    let printed = toml::to_string(&Settings::default()).unwrap();
    assert_eq!(
        load_from(&printed, &[], Vec::new()).unwrap(),
        Settings::default()
    );
}

#[test]
fn what_is_guaranteed_must_fit_in_the_memory_budget() {
    let total = "[memory]\ntotal_bytes = ";
    // Of what is configured otherwise: two memtables of 64 MiB for each signal, a request of 64 MiB three times, 64 MiB for questions.
    let least = (2 * 2 * 64 + 3 * 64 + 64) << 20;
    assert!(load_from(&format!("{total}{least}"), &[], Vec::new()).is_ok());
    let too_small = format!(
        "`memory.total_bytes`: is {}, must be at least {least}: {} for two memtables of storage.flush_bytes",
        least - 1,
        256 << 20,
    );
    check_error(&format!("{total}{}", least - 1), &[], &too_small);
    let variables = [("CLEARSPAN_STORAGE__FLUSH_BYTES", "200000000")];
    check_error(
        "",
        &variables,
        "`memory.total_bytes`: is 805306368, must be at least 1068435456",
    );
    let smaller = [
        ("CLEARSPAN_STORAGE__FLUSH_BYTES", "65536"),
        ("CLEARSPAN_COLLECTOR__MAX_REQUEST_BYTES", "1048576"),
        ("CLEARSPAN_MEMORY__TOTAL_BYTES", "80000000"),
    ];
    let settings = load_from("", &smaller, Vec::new()).unwrap();
    assert_eq!(settings.storage_config().memory_bytes, 80_000_000);
}
