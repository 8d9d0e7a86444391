//! The real binary as a child process on a core of its own; the measuring process goes to another.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::usage::Process;

/// The server's core, and the one that everything else is on.
const SERVER_CORE: &str = "0";
const SENDER_CORE: &str = "1";

/// How often a process that shuts down is asked for its peak memory, which its end takes away.
const WATCH_INTERVAL: Duration = Duration::from_millis(5);

/// Which binary, and with which settings.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServerArgs {
    /// The binary [default: clearspan beside this program]
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// A setting for the server, as CLEARSPAN_SECTION__KEY=VALUE
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Leave the server and the sender to the scheduler, instead of one core each
    #[arg(long)]
    unpinned: bool,
}

impl ServerArgs {
    /// The binary.
    pub(crate) fn binary(&self) -> Result<PathBuf> {
        let binary = match &self.binary {
            Some(binary) => binary.clone(),
            None => env::current_exe()?.with_file_name("clearspan"),
        };
        ensure!(
            binary.exists(),
            "{} does not exist; give --binary",
            binary.display()
        );
        Ok(binary)
    }

    /// The same with one more setting, unless it is set already.
    pub(crate) fn with(&self, name: &str, value: impl std::fmt::Display) -> Self {
        let mut args = self.clone();
        // Of two with the same name the later one counts.
        args.set.insert(0, format!("{name}={value}"));
        args
    }
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    otlp_http: String,
    ui: String,
}

/// What a server used, from its start to its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Used {
    /// CPU time, user and system, of all threads, the last flush included.
    pub(crate) cpu: Duration,
    /// The most memory it had resident, in bytes.
    pub(crate) peak_resident: u64,
    /// From SIGTERM to its end.
    pub(crate) shutdown: Duration,
}

impl Server {
    /// Starts the binary on a data folder and waits until it is ready. The calling process moves to the sender's core.
    pub(crate) fn start(args: &ServerArgs, data: &Path) -> Result<Self> {
        let binary = args.binary()?;
        if !args.unpinned {
            pin_this_process()?;
        }
        let mut command = if args.unpinned {
            Command::new(&binary)
        } else {
            let mut command = Command::new("taskset");
            command.args(["-c", SERVER_CORE]).arg(&binary);
            command
        };
        command.args(["serve", "--data-dir"]).arg(data);
        for port in ["--otlp-grpc", "--otlp-http", "--http"] {
            command.args([port, "127.0.0.1:0"]);
        }
        let settings = args
            .set
            .iter()
            .filter_map(|setting| setting.split_once('='));
        command
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("CLEARSPAN_LOG__LEVEL", "warn")
            .envs(settings)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .with_context(|| format!("start {}", binary.display()))?;
        let stdout = child.stdout.take().context("a child without stdout")?;
        let mut server = Self {
            child,
            stdout: BufReader::new(stdout),
            otlp_http: String::new(),
            ui: String::new(),
        };
        server.read_urls()?;
        Ok(server)
    }

    fn read_urls(&mut self) -> Result<()> {
        while self.otlp_http.is_empty() || self.ui.is_empty() {
            let mut line = String::new();
            if self.stdout.read_line(&mut line)? == 0 {
                bail!("the server ended before it was ready");
            }
            match line.trim().split_once(' ') {
                Some(("otlp-http", url)) => self.otlp_http = url.to_owned(),
                Some(("ui", url)) => self.ui = url.to_owned(),
                _ => {}
            }
        }
        Ok(())
    }

    pub(crate) fn otlp_http(&self) -> &str {
        &self.otlp_http
    }

    pub(crate) fn ui(&self) -> &str {
        &self.ui
    }

    pub(crate) fn process(&self) -> Process {
        // `taskset` becomes the binary, so the child's id is the server's.
        Process::new(self.child.id())
    }

    /// SIGTERM, and what the server used until its end.
    pub(crate) fn stop(mut self) -> Result<Used> {
        let process = self.process();
        let asked = Instant::now();
        let pid = self.child.id().to_string();
        let kill = Command::new("kill").args(["-TERM", &pid]).status()?;
        ensure!(kill.success(), "kill -TERM {pid} failed");
        let mut peak_resident = process.peak_resident().unwrap_or_default();
        while !process.has_ended()? {
            peak_resident = peak_resident.max(process.peak_resident().unwrap_or_default());
            thread::sleep(WATCH_INTERVAL);
        }
        let used = Used {
            cpu: process.cpu()?,
            peak_resident,
            shutdown: asked.elapsed(),
        };
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest)?;
        let status = self.child.wait()?;
        ensure!(status.success(), "the server ended with {status}");
        Ok(used)
    }
}

impl Drop for Server {
    /// Only what was left running by an error is still there to be killed.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _already_gone = self.child.kill();
            let _already_gone = self.child.wait();
        }
    }
}

fn pin_this_process() -> Result<()> {
    let pid = std::process::id().to_string();
    let pinned = Command::new("taskset")
        .args(["-a", "-c", "-p", SENDER_CORE, &pid])
        .stdout(Stdio::null())
        .status()
        .context("run taskset (util-linux); or give --unpinned")?;
    ensure!(
        pinned.success(),
        "there is no core {SENDER_CORE} to send from; give --unpinned"
    );
    Ok(())
}
