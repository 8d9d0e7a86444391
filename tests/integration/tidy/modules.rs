//! Files that no module names: they look like code and tests, and are neither compiled nor run.

use super::tree::SourceFile;

/// Rust files that nothing in the tree leads to.
pub(crate) fn unnamed(files: &[SourceFile]) -> Vec<String> {
    let rust = files.iter().filter(|file| file.is_rust());
    rust.filter(|file| !is_root(&file.path) && !is_named(file, files))
        .map(|file| format!("{}: no module names this file", file.path))
        .collect()
}

/// What cargo takes as the start of a crate.
fn is_root(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_target = ["tests", "fuzz_targets", "examples", "bin"]
        .iter()
        .any(|kind| folder == *kind || folder.ends_with(&format!("/{kind}")));
    match name {
        "build.rs" | "lib.rs" | "main.rs" => true,
        _ => is_target && !folder.contains("src/") && !folder.starts_with("src"),
    }
}

fn is_named(file: &SourceFile, files: &[SourceFile]) -> bool {
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let (folder, stem) = match name {
        "mod.rs" => folder.rsplit_once('/').unwrap_or(("", folder)),
        _ => (folder, name.trim_end_matches(".rs")),
    };
    let parents = [
        format!("{folder}/mod.rs"),
        format!("{folder}/lib.rs"),
        format!("{folder}/main.rs"),
        format!("{folder}.rs"),
    ];
    let declared = format!("mod {stem};");
    let included = format!("/{name}\")");
    files.iter().any(|other| {
        let is_parent = parents.contains(&other.path);
        other.lines().any(|(_, line)| {
            let is_code = !line.trim_start().starts_with("//");
            (is_parent && is_code && line.trim_end().ends_with(&declared))
                || (line.contains("include!(") && line.contains(&included))
        })
    })
}

#[test]
fn a_file_that_no_module_names_is_found() {
    let files = [
        SourceFile::new("room/src/lib.rs", "mod a;\npub(crate) mod b;\n"),
        SourceFile::new("room/src/a.rs", "#[cfg(test)]\nmod tests;\n"),
        SourceFile::new("room/src/a/tests.rs", ""),
        SourceFile::new("room/src/b/mod.rs", "// mod tests;"),
        SourceFile::new("room/src/b/tests.rs", ""),
        SourceFile::new("room/src/c/mod.rs", "mod deep;"),
        SourceFile::new("room/src/c/deep.rs", ""),
        SourceFile::new("tests/integration.rs", "mod a;"),
        SourceFile::new("room/tests/http/main.rs", "include!(\"../made.rs\")"),
        SourceFile::new("room/tests/made.rs", ""),
    ];
    assert_eq!(
        unnamed(&files),
        [
            "room/src/b/tests.rs: no module names this file",
            "room/src/c/mod.rs: no module names this file"
        ]
    );
}
