//! What every [`Vfs`] must do, asked of each.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::ErrorKind;
use std::path::Path;

use super::*;

fn on_both(check: impl Fn(&dyn Vfs, &Path)) {
    let folder = tempfile::tempdir().unwrap();
    check(&OsVfs, folder.path());
    let sim = SimVfs::new();
    sim.create_dir(Path::new("/data")).unwrap();
    check(&sim, Path::new("/data"));
}

fn write(vfs: &dyn Vfs, path: &Path, bytes: &[u8]) {
    let mut file = vfs.create_new(path).unwrap();
    file.write_all(bytes).unwrap();
    file.sync_all().unwrap();
}

#[test]
fn what_is_appended_is_read() {
    on_both(|vfs, root| {
        let path = root.join("a");
        let mut file = vfs.create_new(&path).unwrap();
        file.write_all(b"one ").unwrap();
        file.write_all(b"two").unwrap();
        file.sync_data().unwrap();
        assert_eq!(file.size().unwrap(), 7);
        assert_eq!(vfs.read(&path).unwrap(), "one two");
        let reader = vfs.open_read(&path).unwrap();
        assert_eq!(reader.size().unwrap(), 7);
        let mut part = [0; 3];
        reader.read_exact_at(4, &mut part).unwrap();
        assert_eq!(&part, b"two");
        let beyond = reader.read_exact_at(5, &mut part).unwrap_err();
        assert_eq!(beyond.kind(), ErrorKind::UnexpectedEof);
    });
}

#[test]
fn a_name_is_created_once() {
    on_both(|vfs, root| {
        write(vfs, &root.join("a"), b"");
        let again = vfs.create_new(&root.join("a")).unwrap_err();
        assert_eq!(again.kind(), ErrorKind::AlreadyExists);
        let again = vfs.create_dir(&root.join("a")).unwrap_err();
        assert_eq!(again.kind(), ErrorKind::AlreadyExists);
    });
}

#[test]
fn what_is_absent_is_not_found() {
    on_both(|vfs, root| {
        let path = root.join("absent");
        for error in [
            vfs.read(&path).unwrap_err(),
            vfs.open_read(&path).unwrap_err(),
            vfs.open_append(&path).unwrap_err(),
            vfs.remove_file(&path).unwrap_err(),
            vfs.list(&path).unwrap_err(),
            vfs.sync_dir(&path).unwrap_err(),
            vfs.rename(&path, &root.join("other")).unwrap_err(),
            vfs.create_new(&path.join("below")).unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::NotFound);
        }
        assert!(!vfs.exists(&path).unwrap());
    });
}

#[test]
fn a_cut_file_goes_on_at_its_new_end() {
    on_both(|vfs, root| {
        let path = root.join("a");
        write(vfs, &path, b"0123456789");
        let mut file = vfs.open_append(&path).unwrap();
        file.set_size(4).unwrap();
        file.write_all(b"x").unwrap();
        assert_eq!(vfs.read(&path).unwrap(), "0123x");
        file.set_size(7).unwrap();
        assert_eq!(vfs.read(&path).unwrap(), "0123x\0\0");
    });
}

#[test]
fn a_rename_replaces() {
    on_both(|vfs, root| {
        write(vfs, &root.join("a"), b"new");
        write(vfs, &root.join("b"), b"old");
        vfs.rename(&root.join("a"), &root.join("b")).unwrap();
        assert!(!vfs.exists(&root.join("a")).unwrap());
        assert_eq!(vfs.read(&root.join("b")).unwrap(), "new");
        vfs.create_dir(&root.join("d")).unwrap();
        let away = vfs.rename(&root.join("b"), &root.join("d").join("b"));
        assert_eq!(away.unwrap_err().kind(), ErrorKind::CrossesDevices);
    });
}

#[test]
fn folders_are_listed_and_removed_whole() {
    on_both(|vfs, root| {
        create_dir_durable(vfs, root, Path::new("x/y")).unwrap();
        create_dir_durable(vfs, root, Path::new("x/y")).unwrap();
        write(vfs, &root.join("x/b"), b"1");
        write(vfs, &root.join("x/a"), b"2");
        write(vfs, &root.join("x/y/c"), b"3");
        let entries = vfs.list(&root.join("x")).unwrap();
        let names: Vec<_> = entries.iter().map(|e| (&*e.name, e.is_dir)).collect();
        assert_eq!(names, [("a", false), ("b", false), ("y", true)]);
        vfs.remove_dir_all(&root.join("x")).unwrap();
        assert!(!vfs.exists(&root.join("x")).unwrap());
    });
}

#[test]
fn a_lock_is_held_by_one() {
    on_both(|vfs, root| {
        let path = root.join("lock");
        let held = vfs.lock(&path).unwrap();
        assert_eq!(vfs.lock(&path).unwrap_err().kind(), ErrorKind::WouldBlock);
        drop(held);
        drop(vfs.lock(&path).unwrap());
        drop(vfs.lock(&path).unwrap());
    });
}

#[test]
fn an_open_file_outlives_its_name() {
    on_both(|vfs, root| {
        let path = root.join("a");
        write(vfs, &path, b"kept");
        let reader = vfs.open_read(&path).unwrap();
        vfs.remove_file(&path).unwrap();
        let mut bytes = [0; 4];
        reader.read_exact_at(0, &mut bytes).unwrap();
        assert_eq!(&bytes, b"kept");
    });
}

#[test]
fn space_is_told() {
    on_both(|vfs, root| {
        let space = vfs.space(root).unwrap();
        assert!(space.available_bytes > 0);
        assert!(space.available_bytes <= space.total_bytes);
    });
}
