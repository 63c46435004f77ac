//! `last-backup-dies`: after this, nothing brings the data back.

use super::Verdict;
use super::case::Case;
use super::destroys_data::fate_of;
use super::fate::Backups;
use super::rules::{Raised, Rule};
use crate::kinds::loss;

pub(super) static RULE: Rule = Rule {
    code: "last-backup-dies",
    summary: "the data is destroyed, and no backup, snapshot or replica of it is left",
    explanation: "\
Nothing that was seen could bring the data back: there is no manual snapshot, no final snapshot will be made, no
replica stays, and the automated backups go with the database (they do unless delete_automated_backups is false; the
provider's default is true). Where the same plan also destroys the snapshots, the finding names them.

Take a backup first and wait until it is complete:
  aws rds create-db-snapshot --db-instance-identifier ID --db-snapshot-identifier ID-before-destroy
  aws rds wait db-snapshot-available --db-snapshot-identifier ID-before-destroy
  aws ec2 create-snapshot --volume-id ID
or set skip_final_snapshot = false with a final_snapshot_identifier, apply that, and plan the destroy again. A snapshot
that is in the same Terraform configuration goes with it: make it outside.

Needs: the kind's backups listed in its account and region; a gap makes the answer incomplete too.",
    find,
};

/// What to do where nothing is left.
pub(super) const SAVE_FIRST: &str =
    "take a snapshot outside of this configuration and wait until it is complete, then check again";

fn find(rule: &Rule, case: &Case<'_>, backups: &Backups) -> Vec<Raised> {
    let mut raised = Vec::new();
    for (number, target) in case.targets.iter().enumerate() {
        // What is no holder of data has nothing to back up; what a machine starts from is made again.
        if loss::of(target.kind_name()).is_none_or(|facts| super::fate::is_kept(facts, target.settings)) {
            continue;
        }
        let Some(fate) = fate_of(case, backups, target).filter(|fate| fate.survives.is_empty()) else {
            continue;
        };
        let what = case.name_of(target);
        let title = if fate.destroyed_backups.is_empty() {
            let seen = if fate.gaps.is_empty() {
                ""
            } else {
                " that could be seen"
            };
            format!("{what}: no snapshot, final snapshot or replica{seen} stays")
        } else {
            format!("{what} and its last backups are deleted together")
        };
        let mut one = rule.raise(Verdict::Block, title).about(case, [number]);
        one = one.shown(
            fate.destroyed_backups
                .iter()
                .map(|backup| format!("{} goes at {}", case.name(*backup), label_at(case, *backup))),
            "backups that go",
        );
        one.finding.evidence.extend(fate.last);
        one.finding.evidence.extend(fate.unfinished);
        if let Some(live) = target.found.itself().map(|at| case.live(at)) {
            one.finding
                .evidence
                .extend(loss::save_command(&live.kind, &live.id, &live.region));
        }
        raised.push(one.advice(SAVE_FIRST));
    }
    raised
}

fn label_at<'a>(case: &Case<'a>, at: crate::ledger::LiveIndex) -> &'a str {
    case.going.get(&at).map_or("", |number| case.targets[*number].label)
}
