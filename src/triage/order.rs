//! In which order lost things are built again.

use rustc_hash::FxHashSet;

use crate::ledger::Ledger;

/// The kinds of a list of things to build again, each after those that it refers to.
///
/// What a claim refers to stands in the ledger's references where it was live; the order of what is gone follows from
/// those alone, because a resource can only refer to what was there before it.
pub(super) fn in_order_of_building(old: &Ledger, gone: &[usize]) -> Vec<usize> {
    let members: FxHashSet<usize> = gone.iter().copied().collect();
    let mut placed: FxHashSet<usize> = FxHashSet::default();
    let mut order = Vec::with_capacity(gone.len());
    let mut open: FxHashSet<usize> = FxHashSet::default();
    // Depth first; a ring (two groups that name each other) is entered where it is met first.
    let mut stack: Vec<(usize, bool)> = gone.iter().rev().map(|at| (*at, false)).collect();
    while let Some((at, left)) = stack.pop() {
        if left {
            open.remove(&at);
            if placed.insert(at) {
                order.push(at);
            }
            continue;
        }
        if placed.contains(&at) || !open.insert(at) {
            continue;
        }
        stack.push((at, true));
        let mut needs: Vec<usize> = old
            .references
            .uses(u32::try_from(at).unwrap_or(u32::MAX))
            .map(|edge| edge.to as usize)
            .filter(|to| members.contains(to) && !placed.contains(to))
            .collect();
        needs.sort_unstable();
        needs.dedup();
        stack.extend(needs.into_iter().rev().map(|to| (to, false)));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{input, live, live_in, state};
    use crate::model::Configuration;

    #[test]
    fn what_is_built_again_comes_after_what_it_needs() {
        let vpc = live("aws_vpc", "vpc-0000000a");
        let mut subnet = live("aws_subnet", "subnet-0000000a");
        subnet.configuration = Configuration::new().with("vpc_id", "vpc-0000000a");
        let mut machine = live("aws_instance", "i-0000000a");
        machine.configuration = Configuration::new().with("subnet_id", "subnet-0000000a");
        let ring = |id: &str, other: &str| {
            let mut group = live("aws_security_group", id);
            group.refer("ingress.security_groups", other);
            group
        };
        let lives = vec![
            machine,
            ring("sg-0000000a", "sg-0000000b"),
            ring("sg-0000000b", "sg-0000000a"),
            subnet,
            vpc,
            live_in("aws_vpc", "vpc-0000000b", "us-east-1"),
        ];
        let old = Ledger::new(input(lives, vec![state("platform")], Vec::new()));
        let all: Vec<usize> = (0..old.live.len()).collect();
        let order: Vec<&str> = in_order_of_building(&old, &all)
            .into_iter()
            .map(|at| &*old.live[at].id)
            .collect();
        let place = |id: &str| order.iter().position(|one| *one == id).expect("in the list");
        assert!(place("vpc-0000000a") < place("subnet-0000000a"), "{order:?}");
        assert!(place("subnet-0000000a") < place("i-0000000a"), "{order:?}");
        assert_eq!(order.len(), 6, "each once, rings included");
    }
}
