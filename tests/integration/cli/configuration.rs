//! `check-config`, and what `serve` refuses to start with.

use super::Clearspan;

#[test]
fn the_effective_configuration_is_printed() {
    let finished = Clearspan::new(["check-config", "--http", "127.0.0.1:5000"])
        .file("clearspan.toml", "[storage]\nfsync = \"interval\"\n")
        .env("CLEARSPAN_SERVER__DATA_DIR", "elsewhere")
        .run();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let printed: toml::Table = finished.stdout.parse().unwrap();
    assert_eq!(printed["server"]["http"].as_str(), Some("127.0.0.1:5000"));
    assert_eq!(printed["server"]["data_dir"].as_str(), Some("elsewhere"));
    assert_eq!(printed["storage"]["fsync"].as_str(), Some("interval"));
    assert_eq!(
        printed["server"]["otlp_grpc"].as_str(),
        Some("127.0.0.1:4317")
    );
}

#[test]
fn another_file_is_named_by_config() {
    let finished = Clearspan::new(["check-config", "--config", "my.toml"])
        .file("my.toml", "[server]\ndata_dir = \"mine\"\n")
        .file("clearspan.toml", "this is not read")
        .run();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(
        finished.stdout.contains("data_dir = \"mine\""),
        "{}",
        finished.stdout
    );
    assert_eq!(
        Clearspan::new(["check-config", "--config", "absent.toml"])
            .run()
            .code,
        Some(2)
    );
}

#[test]
fn a_mistake_ends_every_command_before_it_begins() {
    for command in ["check-config", "serve", "health"] {
        let finished = Clearspan::new([command])
            .env("CLEARSPAN_STORAGE__FLUSH_BYTE", "1")
            .run();
        assert_eq!(finished.code, Some(2), "{command}: {}", finished.stderr);
        assert!(finished.stdout.is_empty(), "{command}: {}", finished.stdout);
        assert!(
            finished
                .stderr
                .contains("did you mean `storage.flush_bytes`?"),
            "{command}: {}",
            finished.stderr
        );
    }
}

#[test]
fn a_public_address_is_refused_unless_allowed() {
    let refused = Clearspan::new(["serve", "--http", "0.0.0.0:0"]).run();
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.stderr.contains("server.allow_public = true"),
        "{}",
        refused.stderr
    );
    let allowed = Clearspan::new(["check-config", "--http", "0.0.0.0:0"])
        .env("CLEARSPAN_SERVER__ALLOW_PUBLIC", "true");
    assert_eq!(allowed.run().code, Some(0));
}

#[test]
fn every_setting_stands_in_the_readme() {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let printed: toml::Table = Clearspan::new(["check-config"])
        .run()
        .stdout
        .parse()
        .unwrap();
    for (section, keys) in &printed {
        assert!(
            readme.contains(&format!("| `[{section}]` |")),
            "[{section}] is missing"
        );
        for key in keys.as_table().unwrap().keys() {
            assert!(
                readme.contains(&format!("| `{key}` |")),
                "{section}.{key} is missing"
            );
        }
    }
}
