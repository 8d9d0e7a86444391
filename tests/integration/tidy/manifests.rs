//! Who may import whom, read from the manifests.

use toml::{Table, Value};

/// The edges that ARCHITECTURE.md allows, by crate. `benches` may import any room and is not listed.
const ALLOWED: [(&str, &[&str]); 8] = [
    (
        "clearspan",
        &[
            "clearspan-collector",
            "clearspan-ui",
            "clearspan-query",
            "clearspan-storage",
            "clearspan-proto",
            "clearspan-schema",
        ],
    ),
    ("clearspan-ui", &["clearspan-query", "clearspan-proto"]),
    (
        "clearspan-query",
        &["clearspan-storage", "clearspan-schema"],
    ),
    (
        "clearspan-query-fuzz",
        &["clearspan-query", "clearspan-schema"],
    ),
    (
        "clearspan-collector",
        &["clearspan-proto", "clearspan-schema", "clearspan-storage"],
    ),
    ("clearspan-proto", &["clearspan-schema"]),
    ("clearspan-storage", &["clearspan-schema"]),
    ("clearspan-schema", &[]),
];

const IMPORTS_ANY: &str = "clearspan-benches";

/// Sections of a manifest that make an edge. A test or a build script that imports a room ties it as much as the code.
const SECTIONS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// A package's name and the names of the crates it depends on.
pub(crate) struct Manifest {
    path: String,
    package: String,
    dependencies: Vec<String>,
}

impl Manifest {
    pub(crate) fn parse(path: &str, text: &str) -> Self {
        let table: Table = text
            .parse()
            .unwrap_or_else(|error| panic!("{path}: {error}"));
        let package = table["package"]["name"].as_str().unwrap().to_owned();
        let mut dependencies = dependencies_of(&table);
        if let Some(Value::Table(targets)) = table.get("target") {
            dependencies.extend(
                targets
                    .values()
                    .filter_map(Value::as_table)
                    .flat_map(dependencies_of),
            );
        }
        Self {
            path: path.to_owned(),
            package,
            dependencies,
        }
    }

    /// One line for each room that this package must not import.
    pub(crate) fn forbidden_edges(&self) -> Vec<String> {
        if self.package == IMPORTS_ANY {
            return Vec::new();
        }
        let Some((_, allowed)) = ALLOWED.iter().find(|(package, _)| *package == self.package)
        else {
            return vec![format!(
                "{}: package {} has no place in the architecture",
                self.path, self.package
            )];
        };
        self.dependencies
            .iter()
            .filter(|name| name.starts_with("clearspan") && !allowed.contains(&name.as_str()))
            .map(|name| format!("{}: {} must not import {name}", self.path, self.package))
            .collect()
    }

    pub(crate) fn datafusion_outside_query(&self) -> Vec<String> {
        if self.package == "clearspan-query" {
            return Vec::new();
        }
        self.dependencies
            .iter()
            .filter(|name| name.starts_with("datafusion"))
            .map(|name| format!("{}: {} must not know {name}", self.path, self.package))
            .collect()
    }
}

/// The crates' own names: a dependency may be renamed by `package = "..."`.
fn dependencies_of(table: &Table) -> Vec<String> {
    SECTIONS
        .iter()
        .filter_map(|section| table.get(*section).and_then(Value::as_table))
        .flatten()
        .map(|(key, value)| {
            value
                .get("package")
                .and_then(Value::as_str)
                .unwrap_or(key)
                .to_owned()
        })
        .collect()
}

fn manifest(package: &str, rest: &str) -> Manifest {
    Manifest::parse(
        "x/Cargo.toml",
        &format!("[package]\nname = \"{package}\"\n{rest}"),
    )
}

#[test]
fn a_forbidden_edge_is_found_in_every_section() {
    for section in [
        "dependencies",
        "dev-dependencies",
        "build-dependencies",
        "target.'cfg(unix)'.dependencies",
    ] {
        let storage = manifest(
            "clearspan-storage",
            &format!("[{section}]\nclearspan-proto.workspace = true"),
        );
        assert_eq!(
            storage.forbidden_edges(),
            ["x/Cargo.toml: clearspan-storage must not import clearspan-proto"]
        );
    }
}

#[test]
fn a_renamed_edge_is_found() {
    let ui = manifest(
        "clearspan-ui",
        "[dependencies]\nkeep = { package = \"clearspan-storage\", path = \"../storage\" }",
    );
    assert_eq!(
        ui.forbidden_edges(),
        ["x/Cargo.toml: clearspan-ui must not import clearspan-storage"]
    );
}

#[test]
fn an_unknown_room_is_found() {
    assert_eq!(manifest("clearspan-utils", "").forbidden_edges().len(), 1);
}

#[test]
fn allowed_edges_pass() {
    let query = "[dependencies]\nclearspan-storage.workspace = true\ndatafusion.workspace = true";
    assert!(
        manifest("clearspan-query", query)
            .forbidden_edges()
            .is_empty()
    );
    assert!(
        manifest("clearspan-query", query)
            .datafusion_outside_query()
            .is_empty()
    );
    assert!(
        manifest(
            "clearspan-benches",
            "[dependencies]\nclearspan-ui.workspace = true"
        )
        .forbidden_edges()
        .is_empty()
    );
}

#[test]
fn datafusion_elsewhere_is_found() {
    let storage = manifest(
        "clearspan-storage",
        "[dev-dependencies]\ndatafusion-common = \"55\"",
    );
    assert_eq!(
        storage.datafusion_outside_query(),
        ["x/Cargo.toml: clearspan-storage must not know datafusion-common"]
    );
}
