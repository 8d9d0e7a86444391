//! The rules of the house that no compiler checks, read off the source tree. Each rule is a pure function over file
//! contents and has a test that shows it can fail.

mod manifests;
mod modules;
mod sources;
mod tree;

use manifests::Manifest;
use tree::SourceFile;

/// Fails with one line for each violation.
fn assert_tidy(violations: &[String]) {
    assert!(
        violations.is_empty(),
        "{} violations:\n{}",
        violations.len(),
        violations.join("\n")
    );
}

fn manifests_of_the_tree() -> Vec<Manifest> {
    let files = tree::text_files();
    files
        .iter()
        .filter(|file| file.name() == "Cargo.toml")
        .map(|file| Manifest::parse(&file.path, &file.text))
        .collect()
}

#[test]
fn rooms_import_only_what_the_architecture_allows() {
    let manifests = manifests_of_the_tree();
    assert!(
        manifests.len() >= 8,
        "only {} manifests found",
        manifests.len()
    );
    assert_tidy(
        &manifests
            .iter()
            .flat_map(Manifest::forbidden_edges)
            .collect::<Vec<_>>(),
    );
}

#[test]
fn datafusion_is_known_to_query_alone() {
    let violations = manifests_of_the_tree()
        .iter()
        .flat_map(Manifest::datafusion_outside_query)
        .collect::<Vec<_>>();
    assert_tidy(&violations);
}

/// Runs one per-file rule over the whole tree.
fn check_files(rule: fn(&SourceFile) -> Vec<String>) {
    let files = tree::text_files();
    assert!(files.len() > 20, "only {} files found", files.len());
    assert_tidy(&files.iter().flat_map(rule).collect::<Vec<_>>());
}

#[test]
fn a_panic_unwinds_in_every_profile() {
    check_files(sources::abort_on_panic);
}

#[test]
fn a_folder_opens_with_its_header() {
    check_files(sources::missing_header);
}

#[test]
fn nothing_is_left_to_do_in_comments() {
    check_files(sources::leftover_marks);
}

#[test]
fn storage_touches_files_through_vfs_alone() {
    check_files(sources::files_outside_vfs);
}

#[test]
fn no_path_of_one_machine_is_written_down() {
    check_files(sources::machine_paths);
}

#[test]
fn every_source_file_is_compiled() {
    assert_tidy(&modules::unnamed(&tree::text_files()));
}
