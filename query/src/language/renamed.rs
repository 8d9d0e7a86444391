//! Attributes that OpenTelemetry renamed: a query for either name finds both. Values, fields and SQL
//! keep the name that was sent.
//!
//! Source: the semantic conventions' schema files (`rename_attributes`) and the "renamed to" notes of
//! their attribute registry. Chains are cut short: the oldest name stands beside the one of today.
//! Left out are names that were split (`http.target` became `url.path` and `url.query`), that merged
//! (`code.namespace` went into `code.function.name`), or that are too general to be told apart
//! (`state`, `pool.name`).

/// Old name, new name; by old name.
pub const RENAMED: &[(&str, &str)] = &[
    ("browser.user_agent", "user_agent.original"),
    ("code.column", "code.column.number"),
    ("code.filepath", "code.file.path"),
    ("code.function", "code.function.name"),
    ("code.lineno", "code.line.number"),
    ("db.cassandra.table", "db.collection.name"),
    ("db.cosmosdb.container", "db.collection.name"),
    ("db.cosmosdb.status_code", "db.response.status_code"),
    ("db.elasticsearch.cluster.name", "db.namespace"),
    ("db.mongodb.collection", "db.collection.name"),
    ("db.name", "db.namespace"),
    ("db.operation", "db.operation.name"),
    ("db.redis.database_index", "db.namespace"),
    ("db.sql.table", "db.collection.name"),
    ("db.statement", "db.query.text"),
    ("db.system", "db.system.name"),
    ("deployment.environment", "deployment.environment.name"),
    ("faas.execution", "faas.invocation_id"),
    ("faas.id", "cloud.resource_id"),
    ("gen_ai.system", "gen_ai.provider.name"),
    (
        "gen_ai.usage.completion_tokens",
        "gen_ai.usage.output_tokens",
    ),
    ("gen_ai.usage.prompt_tokens", "gen_ai.usage.input_tokens"),
    ("http.client_ip", "client.address"),
    ("http.method", "http.request.method"),
    ("http.request_content_length", "http.request.body.size"),
    (
        "http.request_content_length_uncompressed",
        "http.request.body.size",
    ),
    ("http.resend_count", "http.request.resend_count"),
    ("http.response_content_length", "http.response.body.size"),
    (
        "http.response_content_length_uncompressed",
        "http.response.body.size",
    ),
    ("http.scheme", "url.scheme"),
    ("http.server_name", "server.address"),
    ("http.status_code", "http.response.status_code"),
    ("http.url", "url.full"),
    ("http.user_agent", "user_agent.original"),
    ("message.compressed_size", "rpc.message.compressed_size"),
    ("message.id", "rpc.message.id"),
    ("message.type", "rpc.message.type"),
    ("message.uncompressed_size", "rpc.message.uncompressed_size"),
    ("messaging.client_id", "messaging.client.id"),
    (
        "messaging.conversation_id",
        "messaging.message.conversation_id",
    ),
    ("messaging.destination", "messaging.destination.name"),
    (
        "messaging.eventhubs.consumer.group",
        "messaging.consumer.group.name",
    ),
    ("messaging.kafka.client_id", "messaging.client.id"),
    (
        "messaging.kafka.consumer.group",
        "messaging.consumer.group.name",
    ),
    (
        "messaging.kafka.destination.partition",
        "messaging.destination.partition.id",
    ),
    ("messaging.kafka.message.offset", "messaging.kafka.offset"),
    ("messaging.kafka.message_key", "messaging.kafka.message.key"),
    (
        "messaging.kafka.partition",
        "messaging.destination.partition.id",
    ),
    (
        "messaging.kafka.tombstone",
        "messaging.kafka.message.tombstone",
    ),
    (
        "messaging.message.payload_size_bytes",
        "messaging.message.body.size",
    ),
    ("messaging.message_id", "messaging.message.id"),
    (
        "messaging.message_payload_size_bytes",
        "messaging.message.body.size",
    ),
    ("messaging.operation", "messaging.operation.type"),
    (
        "messaging.rabbitmq.routing_key",
        "messaging.rabbitmq.destination.routing_key",
    ),
    (
        "messaging.rocketmq.client_group",
        "messaging.consumer.group.name",
    ),
    ("messaging.rocketmq.client_id", "messaging.client.id"),
    (
        "messaging.servicebus.destination.subscription_name",
        "messaging.destination.subscription.name",
    ),
    (
        "messaging.temp_destination",
        "messaging.destination.temporary",
    ),
    ("net.app.protocol.name", "network.protocol.name"),
    ("net.app.protocol.version", "network.protocol.version"),
    ("net.host.carrier.icc", "network.carrier.icc"),
    ("net.host.carrier.mcc", "network.carrier.mcc"),
    ("net.host.carrier.mnc", "network.carrier.mnc"),
    ("net.host.carrier.name", "network.carrier.name"),
    ("net.host.connection.subtype", "network.connection.subtype"),
    ("net.host.connection.type", "network.connection.type"),
    ("net.host.ip", "network.local.address"),
    ("net.host.name", "server.address"),
    ("net.host.port", "server.port"),
    ("net.peer.ip", "network.peer.address"),
    ("net.peer.name", "server.address"),
    ("net.peer.port", "server.port"),
    ("net.protocol.name", "network.protocol.name"),
    ("net.protocol.version", "network.protocol.version"),
    ("net.sock.host.addr", "network.local.address"),
    ("net.sock.host.port", "network.local.port"),
    ("net.sock.peer.addr", "network.peer.address"),
    ("net.sock.peer.port", "network.peer.port"),
    ("net.transport", "network.transport"),
    ("peer.service", "service.peer.name"),
    ("telemetry.auto.version", "telemetry.distro.version"),
];

/// `name` and the names it had before or has today. Old names of the same new name do not find each
/// other: a query for one finds it and the new one.
pub fn names_of(name: &str) -> Vec<&str> {
    let mut names = vec![name];
    names.extend(
        RENAMED
            .iter()
            .filter(|(old, _)| *old == name)
            .map(|(_, new)| *new),
    );
    names.extend(
        RENAMED
            .iter()
            .filter(|(_, new)| *new == name)
            .map(|(old, _)| *old),
    );
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_name_finds_the_other() {
        assert_eq!(
            names_of("http.status_code"),
            ["http.status_code", "http.response.status_code"]
        );
        assert_eq!(
            names_of("http.response.status_code"),
            ["http.response.status_code", "http.status_code"]
        );
        assert_eq!(
            names_of("server.port"),
            ["server.port", "net.host.port", "net.peer.port"]
        );
        assert_eq!(names_of("net.host.port"), ["net.host.port", "server.port"]);
        assert_eq!(names_of("anything.else"), ["anything.else"]);
    }

    #[test]
    fn the_table_is_sorted_and_without_chains() {
        assert!(RENAMED.is_sorted_by(|a, b| a.0 < b.0));
        for (old, new) in RENAMED {
            assert!(
                !RENAMED.iter().any(|(other, _)| other == new),
                "{old} -> {new} goes on"
            );
        }
    }

    #[test]
    fn the_table_stands_in_the_documentation() {
        let documentation = include_str!("../../../docs/search-language.md");
        for (old, new) in RENAMED {
            let row = format!("| `{old}` | `{new}` |");
            assert!(documentation.contains(&row), "missing: {row}");
        }
    }
}
