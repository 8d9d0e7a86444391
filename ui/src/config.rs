//! Settings of this room, as values.

/// What a person may set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Config {
    /// Names under which the server may be asked.
    pub hosts: AllowedHosts,
}

/// Which `Host` a request may name.
///
/// A page of another site can make its own name point to a loopback address (DNS rebinding) and so
/// read what an unprotected local server answers. It cannot choose the `Host` that the browser then
/// sends, which is its own name. Addresses and `localhost` are nobody's name and always allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedHosts {
    /// Any: for servers that others reach by names unknown here.
    Any,
    /// These names, without ports, besides addresses and `localhost`.
    Named(Vec<String>),
}

impl Default for AllowedHosts {
    fn default() -> Self {
        AllowedHosts::Named(Vec::new())
    }
}

impl AllowedHosts {
    /// Whether a request to `host`, a name or address with or without a port, is answered.
    pub(crate) fn allow(&self, host: &str) -> bool {
        let AllowedHosts::Named(names) = self else {
            return true;
        };
        let name = without_port(host);
        let name = name.strip_suffix('.').unwrap_or(name);
        let is_local = name.eq_ignore_ascii_case("localhost") || has_suffix(name, ".localhost");
        is_local
            || is_address(name)
            || names
                .iter()
                .any(|allowed| allowed.eq_ignore_ascii_case(name))
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn has_suffix(name: &str, suffix: &str) -> bool {
    let start = name
        .len()
        .checked_sub(suffix.len())
        .filter(|&start| start > 0);
    let end = start.and_then(|start| name.get(start..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(suffix))
}

/// An IPv6 address stands in brackets, so that its end cannot be taken for a port.
fn is_address(name: &str) -> bool {
    match name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
    {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => name.parse::<std::net::Ipv4Addr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(host: &str, expected: bool) {
        let hosts = AllowedHosts::Named(vec!["logs.example.test".into()]);
        assert_eq!(hosts.allow(host), expected, "{host}");
        assert!(AllowedHosts::Any.allow(host));
    }

    #[test]
    fn addresses_localhost_and_named_hosts_alone() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:4320",
            "[::1]:4320",
            "[::1]",
            "localhost:1",
            "LOCALHOST",
            "a.localhost:4320",
        ] {
            check(host, true);
        }
        check("Logs.Example.test:443", true);
        check("localhost.", true);
        for host in [
            "evil.test",
            "evil.test:4320",
            "127.0.0.1.evil.test",
            "localhost.evil.test",
            ".localhost",
            "",
            "::1",
            "é",
        ] {
            check(host, false);
        }
    }
}
