use super::*;

const A: u32 = 10;
const B: u32 = 11;
const C: u32 = 12;
const DATABASE: u32 = 50;

type Linked = Vec<End>;

fn id(number: u8) -> u64 {
    number.into()
}

fn span(number: u8, parent: Option<u8>, service: u32, kind: i32) -> CallingSpan<Linked> {
    CallingSpan {
        id: id(number),
        parent: parent.map(id),
        end: End { service, kind },
        in_range: true,
        is_error: false,
        duration: Some(i64::from(number)),
        peer: None,
        links: Vec::new(),
        minute: 0,
        row: number.into(),
    }
}

fn check(case: &str, mut spans: Vec<CallingSpan<Linked>>, expected: &[(u32, u32)]) {
    let linked = |links: &Linked, child: End, callers: &mut Callers| {
        links.iter().for_each(|&end| callers.offer(end, child));
    };
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    for _ in 0..2 {
        let mut found = Vec::new();
        calls(&spans, linked, |call| {
            found.push((call.caller, call.callee));
        });
        found.sort_unstable();
        assert_eq!(found, expected, "{case}");
        spans.reverse();
    }
}

#[test]
fn calls_follow_from_parents_links_and_peers() {
    let with_peer = |span: CallingSpan<Linked>| CallingSpan {
        peer: Some(DATABASE),
        ..span
    };
    let linked = |span: CallingSpan<Linked>, service, kind| CallingSpan {
        links: vec![End { service, kind }; 2],
        ..span
    };
    let outside = |span: CallingSpan<Linked>| CallingSpan {
        in_range: false,
        ..span
    };
    let root = || span(1, None, A, CLIENT);
    check("nobody", vec![root()], &[]);
    check(
        "another service",
        vec![root(), span(2, Some(1), B, 1)],
        &[(A, B)],
    );
    check(
        "a parent that never came",
        vec![span(2, Some(1), B, SERVER)],
        &[],
    );
    check(
        "inside of a service",
        vec![root(), span(2, Some(1), A, 1)],
        &[],
    );
    check(
        "a self-call",
        vec![root(), span(2, Some(1), A, SERVER)],
        &[(A, A)],
    );
    let producer = span(1, None, A, PRODUCER);
    check(
        "a queue of one's own",
        vec![producer, span(2, Some(1), A, CONSUMER)],
        &[(A, A)],
    );
    check("its own parent", vec![span(1, Some(1), A, CLIENT)], &[]);
    let cycle = vec![span(1, Some(2), A, 1), span(2, Some(1), B, 1)];
    check("a cycle", cycle, &[(A, B), (B, A)]);
    check(
        "a child outside",
        vec![root(), outside(span(2, Some(1), B, 1))],
        &[],
    );
    check(
        "a parent outside",
        vec![outside(root()), span(2, Some(1), B, 1)],
        &[(A, B)],
    );
    check("a peer", vec![with_peer(root())], &[(A, DATABASE)]);
    let answered = vec![with_peer(root()), outside(span(2, Some(1), B, 1))];
    check("a peer that answers", answered, &[]);
    let own_child = vec![with_peer(root()), span(2, Some(1), A, 1)];
    check("a peer below an own child", own_child, &[(A, DATABASE)]);
    let link = linked(span(2, None, B, CONSUMER), A, PRODUCER);
    check("a link", vec![link], &[(A, B)]);
    let both = linked(span(2, Some(1), B, CONSUMER), C, PRODUCER);
    check(
        "a link beside a parent elsewhere",
        vec![root(), both],
        &[(A, B)],
    );
    let own_parent = linked(span(2, Some(1), A, CONSUMER), C, PRODUCER);
    check(
        "a link beside a parent at home",
        vec![root(), own_parent],
        &[(C, A)],
    );
    let shared = vec![root(), span(1, None, C, 1), span(2, Some(1), B, 1)];
    check("two parents", shared, &[(A, B), (C, B)]);
    let twice = vec![root(), span(2, Some(1), B, 1), span(2, Some(1), B, SERVER)];
    check("one child twice", twice, &[(A, B)]);
}

#[test]
fn spans_that_share_their_id_are_one_call() {
    let second = CallingSpan {
        is_error: true,
        duration: Some(9),
        ..span(2, Some(1), B, SERVER)
    };
    let first = CallingSpan {
        minute: 7,
        ..span(2, Some(1), B, 1)
    };
    let spans = vec![second, span(1, None, A, CLIENT), first];
    let mut found = Vec::new();
    assert!(!calls(&spans, |_, _, _| {}, |call| found.push(call)));
    let expected = Call {
        caller: A,
        callee: B,
        is_error: true,
        duration: Some(9),
        minute: 7,
        row: 2,
        is_split: true,
    };
    assert_eq!(found, [expected]);
}

/// Every span could be the parent of every other.
#[test]
fn spans_that_all_share_one_id_end() {
    let one = |service| span(1, Some(1), service, 1);
    let spans: Vec<_> = (0..20_000).map(one).collect();
    let mut count = 0;
    let are_full = calls(&spans, |_, _, _| {}, |_| count += 1);
    assert_eq!((count, are_full), (20_000 * CALLERS_MAX, true));
}

/// Spans of three services that all have one id are what the calls between these three cost, and no more.
#[test]
fn one_id_for_all_spans_is_no_square_of_them() {
    let spans: Vec<_> = (0..300_000)
        .map(|at| span(1, Some(1), at % 3, SERVER))
        .collect();
    let mut found = Vec::new();
    assert!(!calls(
        &spans,
        |_, _, _| {},
        |call| found.push((call.caller, call.callee))
    ));
    let apart = |(a, b): &(u32, u32)| a != b;
    let pairs: Vec<_> = (0..3)
        .flat_map(|a| (0..3).map(move |b| (a, b)))
        .filter(apart)
        .collect();
    assert_eq!(found, pairs);
}
