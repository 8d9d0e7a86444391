//! The register of one tenant's services: sees them, remembers their slots, keeps them.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use clearspan_schema::dictionary::TextDictionary;
use clearspan_schema::logs::SERVICE;
use clearspan_schema::{SchemaError, columns};
use parking_lot::Mutex;

use super::slots::ServiceSlots;
use crate::TenantId;
use crate::background::Waker;
use crate::catalog::{Catalog, CatalogError, Change, ServiceRow};
use crate::limits::SERVICES_MAX;

/// Which service of a tenant has which slot. Both of its tables write to it.
#[derive(Debug)]
pub(crate) struct ServiceRegister {
    tenant: Arc<str>,
    catalog: Arc<dyn Catalog>,
    state: Mutex<State>,
    /// Held while slots are being kept: the loop and the flushes of both tables do so.
    keeping: Mutex<()>,
    waker: Waker,
}

#[derive(Debug)]
struct State {
    slots: ServiceSlots,
    /// A copy of `slots` for readers, made when one asks: a commit does not pay for it.
    shared: Option<Arc<ServiceSlots>>,
    /// Slots that the catalog does not know yet.
    pending: Vec<ServiceRow>,
    /// While the store opens: when each new service first arrived. Their slots are given out afterwards.
    opening: Option<HashMap<Arc<str>, i64>>,
}

impl ServiceRegister {
    /// The register as the catalog knows it. It collects what the tables find until it is told that all
    /// are [`opened`](Self::opened).
    pub(crate) fn new(tenant: &TenantId, catalog: Arc<dyn Catalog>) -> Self {
        let known = catalog.state();
        let slots = ServiceSlots::of_rows(known.services_of(tenant.as_str()));
        ServiceRegister {
            tenant: tenant.as_str().into(),
            catalog,
            state: Mutex::new(State {
                slots,
                shared: None,
                pending: Vec::new(),
                opening: Some(HashMap::new()),
            }),
            keeping: Mutex::new(()),
            waker: Waker::new(),
        }
    }

    /// Shows it the services of a batch. Costs a look-up per distinct name; rows are looked at only when
    /// a name is new, because a dictionary may hold values that no row uses.
    pub(crate) fn see(&self, batch: &RecordBatch, arrival_ns: i64) -> Result<(), SchemaError> {
        let names = columns::text_dictionary(batch, SERVICE)?;
        let mut state = self.state.lock();
        let values = names.values();
        let is_new = |key: usize| values.is_valid(key) && state.slots.is_new(values.value(key));
        if !state.slots.is_full() && (0..values.len()).any(is_new) {
            let new = used_names(&names).filter(|name| state.slots.is_new(name));
            let new: BTreeSet<Arc<str>> = new.map(Arc::from).collect();
            state.add(&self.tenant, new, arrival_ns);
            let wake = !state.pending.is_empty();
            drop(state);
            if wake {
                self.waker.wake();
            }
        }
        Ok(())
    }

    /// As [`see`](Self::see), for a batch whose dictionary stands for more rows than its own.
    pub(crate) fn see_all(&self, batch: &RecordBatch, arrival_ns: i64) -> Result<(), SchemaError> {
        let names = columns::text_dictionary(batch, SERVICE)?;
        let mut state = self.state.lock();
        let new = names.values().iter().flatten();
        let new = new.filter(|name| state.slots.is_new(name));
        let new: BTreeSet<Arc<str>> = new.map(Arc::from).collect();
        state.add(&self.tenant, new, arrival_ns);
        Ok(())
    }

    /// All tables have shown what they hold: what was collected takes its slots.
    pub(crate) fn opened(&self) {
        let mut state = self.state.lock();
        state.settle(&self.tenant);
        state.opening = None;
    }

    /// Whether no service has a slot.
    pub(crate) fn is_empty(&self) -> bool {
        self.state.lock().slots == ServiceSlots::default()
    }

    /// The slots at this moment. Cheap, unless services came since the last call.
    pub(crate) fn slots(&self) -> Arc<ServiceSlots> {
        let mut state = self.state.lock();
        let State { slots, shared, .. } = &mut *state;
        Arc::clone(shared.get_or_insert_with(|| Arc::new(slots.clone())))
    }

    /// Makes all slots that were given out so far durable.
    pub(crate) fn keep(&self) -> Result<(), CatalogError> {
        let _one_at_a_time = self.keeping.lock();
        let services = {
            let mut state = self.state.lock();
            state.settle(&self.tenant);
            state.pending.clone()
        };
        if services.is_empty() {
            return Ok(());
        }
        let kept = services.len();
        self.catalog.commit(Change::KeepServices { services })?;
        self.state.lock().pending.drain(..kept);
        Ok(())
    }

    /// What wakes the loop that keeps.
    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }
}

impl State {
    fn add(&mut self, tenant: &Arc<str>, names: BTreeSet<Arc<str>>, arrival_ns: i64) {
        match &mut self.opening {
            None => names.into_iter().for_each(|name| self.take(tenant, name)),
            Some(seen) => {
                for name in names {
                    if let Some(first) = seen.get_mut(&name) {
                        *first = arrival_ns.min(*first);
                    } else if seen.len() < SERVICES_MAX {
                        seen.insert(name, arrival_ns);
                    }
                }
            }
        }
    }

    /// Gives slots to what was collected, in the order (first arrival, name).
    fn settle(&mut self, tenant: &Arc<str>) {
        let Some(seen) = &mut self.opening else {
            return;
        };
        let mut seen: Vec<(i64, Arc<str>)> =
            seen.drain().map(|(name, first)| (first, name)).collect();
        seen.sort();
        seen.into_iter()
            .for_each(|(_, name)| self.take(tenant, name));
    }

    fn take(&mut self, tenant: &Arc<str>, name: Arc<str>) {
        let Some(slot) = self.slots.take(Arc::clone(&name)) else {
            return;
        };
        self.shared = None;
        self.pending.push(ServiceRow {
            tenant: Arc::clone(tenant),
            name,
            slot,
        });
    }
}

/// The names that rows use, each once.
fn used_names<'a>(names: &TextDictionary<'a>) -> impl Iterator<Item = &'a str> {
    let values = names.values();
    let mut used = vec![false; values.len()];
    for key in names.keys().iter().flatten() {
        used[key as usize] = true;
    }
    (0..values.len())
        .filter(move |&key| used[key] && values.is_valid(key))
        .map(|key| values.value(key))
}
