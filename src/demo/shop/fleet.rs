//! The running copies of the services: on which machine each runs, and what its resource says.

use std::sync::Arc;

use super::services::{self, Service};
use crate::demo::random::{Random, mix};
use crate::demo::telemetry::{Attributes, Instance, kv};

/// The namespace that all services share.
const NAMESPACE: &str = "shop";

/// Machines whose clocks agree.
const NODES: [&str; 3] = ["node-a1", "node-a2", "node-b1"];

/// The machine whose clock is behind, by so much. Few run there, so that most traces are straight.
const LATE_NODE: &str = "node-b2";
const LATE_NODE_SKEW_NS: i64 = -14_000_000;

/// Of every so many services, the last copy of one runs on the machine with the late clock.
const LATE_EVERY: usize = 5;

/// What fraction of the calls goes to a version on trial.
const TRIAL_SHARE: f64 = 0.4;

/// All copies of all services.
#[derive(Debug)]
pub(crate) struct Fleet {
    crews: Vec<Crew>,
}

/// The copies of one service.
#[derive(Debug)]
struct Crew {
    service: &'static Service,
    copies: Vec<Arc<Instance>>,
    trial: Option<Arc<Instance>>,
}

impl Fleet {
    pub(crate) fn new(seed: u64) -> Self {
        let crews = services::ALL.iter().enumerate().map(|(number, service)| {
            let copies = (0..service.copies).map(|copy| {
                let late = number % LATE_EVERY == LATE_EVERY - 1 && copy + 1 == service.copies;
                let node = if late {
                    LATE_NODE
                } else {
                    NODES[(number + copy) % NODES.len()]
                };
                Arc::new(instance(seed, service, service.version, copy, node))
            });
            let trial = service.trial.map(|version| {
                let node = NODES[number % NODES.len()];
                Arc::new(instance(seed, service, version, service.copies, node))
            });
            Crew {
                service,
                copies: copies.collect(),
                trial,
            }
        });
        Self {
            crews: crews.collect(),
        }
    }

    /// The copy that a call to a service meets.
    pub(crate) fn pick(
        &self,
        service: &'static Service,
        on_trial: bool,
        random: &mut Random,
    ) -> Arc<Instance> {
        // Every service is in the list that the fleet was made from; a test sees to it.
        let crew = self.crews.iter().find(|crew| crew.service == service);
        let crew = crew.unwrap_or(&self.crews[0]);
        match &crew.trial {
            Some(trial) if on_trial && random.chance(TRIAL_SHARE) => Arc::clone(trial),
            _ => Arc::clone(random.pick(&crew.copies)),
        }
    }

    /// The copies of new versions: those that come and go.
    pub(crate) fn trials(&self) -> impl Iterator<Item = (&'static Service, &Arc<Instance>)> {
        let crews = self.crews.iter();
        crews.filter_map(|crew| Some((crew.service, crew.trial.as_ref()?)))
    }

    /// All copies that always run.
    pub(crate) fn copies(&self) -> impl Iterator<Item = (&'static Service, &Arc<Instance>)> {
        let crews = self.crews.iter();
        crews.flat_map(|crew| crew.copies.iter().map(move |copy| (crew.service, copy)))
    }
}

fn instance(
    seed: u64,
    service: &'static Service,
    version: &'static str,
    copy: usize,
    node: &str,
) -> Instance {
    let name = service.name;
    let name_number = name.bytes().fold(0, |sum, byte| mix(&[sum, byte.into()]));
    let mut random = Random::of(&[seed, name_number, copy as u64]);
    let replica_set = format!("{:09x}", random.between(0, 0xF_FFFF_FFFF));
    let suffix = format!("{:05x}", random.between(0, 0xF_FFFF));
    let pod = format!("{name}-{replica_set}-{suffix}");
    let id = uuid(&mut random);
    let language = service.language;
    let resource = Attributes::of(&[
        kv("service.name", name),
        kv("service.namespace", NAMESPACE),
        kv("service.version", version),
        kv("service.instance.id", &id),
        kv("deployment.environment.name", "demo"),
        kv("k8s.cluster.name", "shop-eu-1"),
        kv("k8s.namespace.name", NAMESPACE),
        kv("k8s.deployment.name", name),
        kv("k8s.pod.name", &pod),
        kv("k8s.node.name", node),
        kv("host.name", &pod),
        kv("host.arch", "arm64"),
        kv("os.type", "linux"),
        kv("process.pid", 1_u64),
        kv("process.runtime.name", language.runtime.0),
        kv("process.runtime.version", language.runtime.1),
        kv("telemetry.sdk.name", "opentelemetry"),
        kv("telemetry.sdk.language", language.name),
        kv("telemetry.sdk.version", language.sdk_version),
    ]);
    Instance {
        service: name,
        version,
        clock_skew_ns: if node == LATE_NODE {
            LATE_NODE_SKEW_NS
        } else {
            0
        },
        pod,
        resource,
    }
}

/// Version 4: random but for six bits.
fn uuid(random: &mut Random) -> String {
    let (high, low) = (random.between(0, u64::MAX), random.between(0, u64::MAX));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xFFFF,
        high & 0xFFF,
        0x8000 | low >> 48 & 0x3FFF,
        low & 0xFFFF_FFFF_FFFF
    )
}
