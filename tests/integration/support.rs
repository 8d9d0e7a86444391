//! The real server as a child process, and a blocking HTTP/1.1 client, for tests that need both.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longer than anything here takes; what has not happened by then never will.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// How much the server logs; little, unless a test asks for more.
const LOG_LEVEL: &str = "CLEARSPAN_LOG__LEVEL";

/// A running server. It is killed when dropped.
pub(crate) struct Server {
    child: Child,
    _stdout: BufReader<ChildStdout>,
    otlp_grpc: String,
    otlp_http: String,
    ui: String,
}

impl Server {
    /// Starts the binary on a data folder and waits until it is ready.
    pub(crate) fn start(data: &Path, settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clearspan"));
        command.args(["serve", "--data-dir"]).arg(data);
        Self::spawn(command.env_clear().envs(settings.iter().copied()))
    }

    /// Starts a command that serves, on ports that never collide, and waits until it is ready.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        for port in ["--otlp-grpc", "--otlp-http", "--http"] {
            command.args([port, "127.0.0.1:0"]);
        }
        if !command.get_envs().any(|(name, _)| name == LOG_LEVEL) {
            command.env(LOG_LEVEL, "warn");
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut url = |name: &str| {
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            let url = line.trim().strip_prefix(name).map(str::trim);
            url.unwrap_or_else(|| panic!("expected {name}, got {line:?}"))
                .to_owned()
        };
        let (otlp_grpc, otlp_http, ui) = (url("otlp-grpc"), url("otlp-http"), url("ui"));
        Self {
            child,
            _stdout: stdout,
            otlp_grpc,
            otlp_http,
            ui,
        }
    }

    /// A connection for OTLP over HTTP.
    pub(crate) fn otlp(&self) -> Connection {
        Connection::open(&self.otlp_http).unwrap()
    }

    /// Base URL of OTLP over gRPC.
    pub(crate) fn grpc_url(&self) -> &str {
        &self.otlp_grpc
    }

    /// Base URL of OTLP over HTTP.
    pub(crate) fn otlp_url(&self) -> &str {
        &self.otlp_http
    }

    /// Base URL of the API.
    pub(crate) fn ui_url(&self) -> &str {
        &self.ui
    }

    /// A connection for the API.
    pub(crate) fn api(&self) -> Connection {
        Connection::open(&self.ui).unwrap()
    }

    /// The most memory the process ever had resident, in bytes.
    pub(crate) fn peak_resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
        kilobytes.parse::<u64>().unwrap() * 1024
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; gives the exit status and the time it took.
    pub(crate) fn terminate(&mut self) -> (ExitStatus, Duration) {
        let asked = Instant::now();
        let pid = self.child.id().to_string();
        let kill = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(kill.success());
        (self.child.wait().unwrap(), asked.elapsed())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.kill();
        }
    }
}

/// A kept-open HTTP/1.1 connection.
pub(crate) struct Connection {
    authority: String,
    stream: BufReader<TcpStream>,
}

/// One answer.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A header's value by its lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let named = self.headers.iter().find(|(found, _)| found == name);
        named.map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }
}

impl Connection {
    /// Connects to a base URL, `http://host:port`.
    pub(crate) fn open(url: &str) -> io::Result<Self> {
        let authority = url.strip_prefix("http://").unwrap_or(url);
        let stream = TcpStream::connect(authority)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            authority: authority.to_owned(),
            stream: BufReader::new(stream),
        })
    }

    /// A good answer of the API, parsed.
    pub(crate) fn get(&mut self, path: &str) -> Value {
        let answer = self.request("GET", path, &[], b"").unwrap();
        assert_eq!(answer.status, 200, "{path}: {:?}", answer.json());
        answer.json()
    }

    /// Posts OTLP/JSON.
    pub(crate) fn post_json(&mut self, path: &str, body: &str) -> io::Result<Answer> {
        let headers = [("content-type", "application/json")];
        self.request("POST", path, &headers, body.as_bytes())
    }

    /// Any request. An answer that comes while the body is still being sent is an answer too.
    pub(crate) fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.authority);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        let sent = self.stream.get_mut().write_all(head.as_bytes());
        let sent = sent.and_then(|()| self.stream.get_mut().write_all(body));
        match (self.answer(), sent) {
            (Err(_), Err(sending)) => Err(sending),
            (answer, _) => answer,
        }
    }

    fn answer(&mut self) -> io::Result<Answer> {
        let status_line = self.line()?;
        let status = status_line.split(' ').nth(1);
        let mut answer = Answer {
            status: status.and_then(|code| code.parse().ok()).unwrap(),
            ..Answer::default()
        };
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            let header = (name.to_ascii_lowercase(), value.trim().to_owned());
            answer.headers.push(header);
        }
        answer.body = if answer.header("transfer-encoding") == Some("chunked") {
            self.chunks()?
        } else {
            let length = answer.header("content-length").unwrap_or("0");
            self.bytes(length.parse().unwrap())?
        };
        Ok(answer)
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let length = usize::from_str_radix(&self.line()?, 16).unwrap();
            body.extend(self.bytes(length)?);
            self.line()?;
            if length == 0 {
                return Ok(body);
            }
        }
    }

    fn bytes(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// The next line, without its end.
    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}

/// Asks again until `found` says that the answer is the one. Acknowledged is not yet searchable.
pub(crate) fn await_answer(
    api: &mut Connection,
    path: &str,
    found: impl Fn(&Value) -> bool,
) -> Value {
    let asked = Instant::now();
    loop {
        let answer = api.get(path);
        if found(&answer) {
            return answer;
        }
        assert!(asked.elapsed() < PATIENCE, "{path}: still {answer}");
    }
}

/// Asks for the figures until `line` is one of them.
pub(crate) fn await_figure(api: &mut Connection, line: &str) {
    let asked = Instant::now();
    loop {
        let page = api.request("GET", "/metrics", &[], b"").unwrap();
        let page = String::from_utf8(page.body).unwrap();
        if page.lines().any(|found| found == line) {
            return;
        }
        assert!(asked.elapsed() < PATIENCE, "{line} is not in {page}");
    }
}
