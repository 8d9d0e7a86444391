//! The command line of the real binary: what it prints, and how it exits.

mod configuration;
mod demo;
mod export;
mod health;
mod import;
mod load;
mod metrics;
mod receiver;
mod serve;
mod terminal;

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// What a command printed and how it ended.
struct Finished {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Finished {
    fn last_line(&self) -> &str {
        self.stdout.lines().last().unwrap_or_default()
    }
}

/// One call of the binary, in a folder of its own and without any setting from outside.
struct Clearspan {
    folder: TempDir,
    command: Command,
    stdin: Vec<u8>,
}

impl Clearspan {
    fn new<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Self {
        let folder = TempDir::new().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_clearspan"));
        command.current_dir(folder.path()).env_clear().args(args);
        Self {
            folder,
            command,
            stdin: Vec::new(),
        }
    }

    /// Adds a variable.
    fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Adds a file to the working folder.
    fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.path().join(name), content).unwrap();
        self
    }

    fn stdin(mut self, content: impl AsRef<[u8]>) -> Self {
        self.stdin = content.as_ref().to_vec();
        self
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(mut self) -> Finished {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A command that does not read its input closes the pipe.
        let _ = stdin.write_all(&self.stdin);
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        Finished {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

#[test]
fn help_and_version_are_answers() {
    let help = Clearspan::new(["--help"]).run();
    assert_eq!(help.code, Some(0));
    for command in [
        "serve",
        "demo",
        "import",
        "export",
        "query",
        "tail",
        "load",
        "check-config",
        "health",
    ] {
        assert!(
            help.stdout.contains(command),
            "{command} is not listed:\n{}",
            help.stdout
        );
    }
    assert_eq!(
        Clearspan::new(["--version"]).run().stdout,
        format!("clearspan {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn an_unknown_flag_is_a_usage_error() {
    let finished = Clearspan::new(["serve", "--data-dri", "x"]).run();
    assert_eq!(finished.code, Some(2));
    assert!(
        finished.stderr.contains("--data-dir"),
        "{}",
        finished.stderr
    );
}
