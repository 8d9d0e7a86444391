//! Rules over the text of single files.

use super::tree::SourceFile;

/// `panic = "abort"` turns a caught fault into a dead process, in whatever file it is switched on.
pub(crate) fn abort_on_panic(file: &SourceFile) -> Vec<String> {
    if file.is_rust() || file.path.ends_with(".md") {
        return Vec::new();
    }
    violations(file, "a panic must unwind", |line| {
        let dense: String = line
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '"' && *c != '\'')
            .collect();
        dense.contains("panic=abort")
    })
}

/// `lib.rs`, `main.rs` and `mod.rs` say first what their folder is.
pub(crate) fn missing_header(file: &SourceFile) -> Vec<String> {
    let opens_a_folder = ["lib.rs", "main.rs", "mod.rs"].contains(&file.name());
    if opens_a_folder && !file.text.starts_with("//! ") {
        vec![format!("{}: opens without a `//!` header", file.path)]
    } else {
        Vec::new()
    }
}

/// Spelt in parts, so that this file passes its own rule.
const MARKS: [&str; 3] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
];

/// Work that is left belongs in an issue.
pub(crate) fn leftover_marks(file: &SourceFile) -> Vec<String> {
    violations(file, "leftover mark", |line| {
        MARKS.iter().any(|mark| contains_word(line, mark))
    })
}

/// The ways to reach the disk around `Vfs`. SQLite does its own I/O and is not among them.
const FILE_CALLS: [&str; 4] = ["fs::", "File::", "OpenOptions", "std::fs"];

/// A simulated disk sees only what goes through `Vfs`. Tests and conformance suites may prepare
/// real folders.
pub(crate) fn files_outside_vfs(file: &SourceFile) -> Vec<String> {
    let in_storage =
        file.path.starts_with("storage/src/") || file.path.starts_with("storage/schema/src/");
    let is_vfs = file.path.starts_with("storage/src/vfs");
    let is_test = ["tests.rs", "conformance.rs"].contains(&file.name())
        || ["/tests/", "/testing/"]
            .iter()
            .any(|folder| file.path.contains(folder));
    if !in_storage || is_vfs || is_test || !file.is_rust() {
        return Vec::new();
    }
    let code = file.text.split("#[cfg(test)]").next().unwrap_or_default();
    violations(
        &SourceFile::new(&file.path, code),
        "file access outside Vfs",
        |line| {
            let code = line.split("//").next().unwrap_or_default();
            FILE_CALLS.iter().any(|call| starts_at_a_word(code, call))
        },
    )
}

const HOME_FOLDERS: [&str; 4] = [
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
];

/// A path that exists on one machine only breaks on the next.
pub(crate) fn machine_paths(file: &SourceFile) -> Vec<String> {
    violations(file, "path of one machine", |line| {
        HOME_FOLDERS.iter().any(|folder| {
            line.match_indices(folder).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || "._-/}".contains(c))
            })
        })
    })
}

fn violations(file: &SourceFile, what: &str, is_bad: impl Fn(&str) -> bool) -> Vec<String> {
    file.lines()
        .filter(|(_, line)| is_bad(line))
        .map(|(number, line)| format!("{}:{number}: {what}: {}", file.path, line.trim()))
        .collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn starts_at_a_word(line: &str, text: &str) -> bool {
    line.match_indices(text)
        .any(|(at, _)| !line[..at].chars().next_back().is_some_and(is_word))
}

fn contains_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

/// Checks that `rule` finds as many violations as expected in a file of this path and text.
fn check(rule: fn(&SourceFile) -> Vec<String>, path: &str, text: &str, expected: usize) {
    let found = rule(&SourceFile::new(path, text));
    assert_eq!(found.len(), expected, "{path}: {text:?}: {found:?}");
}

#[test]
fn abort_is_found_however_it_is_written() {
    check(
        abort_on_panic,
        "Cargo.toml",
        "[profile.release]\npanic = \"abort\"\n",
        1,
    );
    check(
        abort_on_panic,
        ".cargo/config.toml",
        "rustflags = ['-Cpanic=abort']",
        1,
    );
    check(
        abort_on_panic,
        "Makefile",
        "RUSTFLAGS=\"-C panic=abort\" cargo build",
        1,
    );
    check(
        abort_on_panic,
        "Cargo.toml",
        "[profile.release]\npanic = \"unwind\"\n",
        0,
    );
}

#[test]
fn a_folder_without_a_header_is_found() {
    check(missing_header, "storage/src/lib.rs", "mod wal;\n", 1);
    check(missing_header, "storage/src/wal/mod.rs", "// The log.\n", 1);
    check(
        missing_header,
        "storage/src/wal/mod.rs",
        "//! The log.\n",
        0,
    );
    check(missing_header, "storage/src/wal/writer.rs", "mod x;\n", 0);
}

#[test]
fn leftover_marks_are_found_as_words() {
    for mark in MARKS {
        check(
            leftover_marks,
            "a.rs",
            &format!("// {mark}: later\nfn f() {{}} // {mark}"),
            2,
        );
        check(leftover_marks, "a.py", &format!("x = 1  # {mark}(me)"), 1);
        check(leftover_marks, "a.rs", &format!("let {mark}_COUNT = 3;"), 0);
    }
}

#[test]
fn file_calls_are_found_in_storage_alone() {
    for code in [
        "use std::fs;",
        "let f = File::open(p)?;",
        "fs::read(p)",
        "use std::fs::OpenOptions;",
    ] {
        check(files_outside_vfs, "storage/src/wal/writer.rs", code, 1);
        check(files_outside_vfs, "storage/schema/src/lib.rs", code, 1);
        check(files_outside_vfs, "storage/src/vfs.rs", code, 0);
        check(files_outside_vfs, "storage/src/vfs/real.rs", code, 0);
        check(files_outside_vfs, "src/import/input.rs", code, 0);
    }
    check(
        files_outside_vfs,
        "storage/src/wal.rs",
        "use crate::vfs::VfsFile; // not std::fs\nVfsFile::new()",
        0,
    );
    check(
        files_outside_vfs,
        "storage/src/wal.rs",
        "fn f() {}\n#[cfg(test)]\nmod tests { use std::fs; }",
        0,
    );
}

#[test]
fn machine_paths_are_found() {
    for folder in HOME_FOLDERS {
        check(
            machine_paths,
            "docs/run.md",
            &format!("cd {folder}main && make"),
            1,
        );
        check(
            machine_paths,
            "docs/run.md",
            &format!("`{folder}x`\n\"{folder}y\""),
            2,
        );
        check(
            machine_paths,
            "a.rs",
            &format!("https://example.com{folder}x and ./{folder}"),
            0,
        );
    }
}
