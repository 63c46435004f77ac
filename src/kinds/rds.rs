//! What the kinds of Amazon RDS share: tags, times, membership of other families, and where backups come from.
//!
//! It knows no single kind.

use futures::future::join_all;

use super::convert;
use super::facts::Kind;
use crate::aws::fault::Reason;
use crate::aws::{Fault, ListCx};
use crate::model::{Arn, Live, Tags, Timestamp, Value};

/// The most records that RDS returns in a page (source: Amazon RDS API reference, `MaxRecords`).
pub(super) const PAGE: i32 = 100;

/// Starts a resource that people call by its identifier, with the ARN that the API gives, else the template's.
pub(super) fn live(cx: &ListCx<'_>, kind: &'static Kind, id: &str, arn: Option<&str>) -> Live {
    let mut live = cx.live(kind, id);
    if let Some(arn) = arn {
        live.arn = arn.into();
    }
    live.name = Some(id.into());
    live
}

/// RDS's tags.
pub(super) fn tags(tags: &[aws_sdk_rds::types::Tag]) -> Tags {
    convert::tags(tags.iter().map(|tag| (tag.key(), tag.value())))
}

/// A time in UTC as RFC 3339 text, to the second.
pub(super) fn time_text(time: Option<&aws_smithy_types::DateTime>) -> Option<String> {
    convert::time(time).map(|time: Timestamp| time.to_string())
}

/// The ids of the security groups.
pub(super) fn security_groups(groups: &[aws_sdk_rds::types::VpcSecurityGroupMembership]) -> Value {
    Value::set(groups.iter().filter_map(|group| group.vpc_security_group_id()))
}

/// A size in GiB from `observed`.
pub(super) fn gib(live: &Live, name: &str) -> Option<f64> {
    let gib = live.observed.get(name)?.as_integer()?;
    u32::try_from(gib).ok().map(f64::from)
}

/// The other family that an engine of the shared RDS API belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Rds,
    DocumentDb,
    Neptune,
}

/// RDS, Amazon `DocumentDB` and Neptune answer each other's calls; only the engine tells them apart
/// (source: the developer guide of Amazon `DocumentDB`, "API reference").
pub(super) fn family(engine: Option<&str>) -> Family {
    match engine {
        Some(engine) if engine.starts_with("docdb") => Family::DocumentDb,
        Some(engine) if engine.starts_with("neptune") => Family::Neptune,
        _ => Family::Rds,
    }
}

/// Hands over resources whose tags need a call each, because the describe call does not return them.
///
/// A resource that is gone by then is skipped. Tags that cannot be read are a gap of the kind: without them nobody can
/// say that another system made it.
pub(super) async fn found_with_tags(cx: &ListCx<'_>, kind: &'static Kind, lives: Vec<Live>) {
    const ACTION: &str = "rds:ListTagsForResource";
    let answers = join_all(lives.into_iter().map(|live| async move {
        // Defaults that AWS made carry no tags; asking would cost a call for each.
        let answer = if live.origin.is_own() {
            let request = cx.rds().list_tags_for_resource().resource_name(&*live.arn);
            Some(cx.call(ACTION, request.send()).await)
        } else {
            None
        };
        (live, answer)
    }))
    .await;
    let mut first_fault = None;
    for (mut live, answer) in answers {
        match answer {
            None => {}
            Some(Ok(answer)) => live.tagged(tags(answer.tag_list())),
            Some(Err(fault)) if fault.reason == Reason::Gone => continue,
            Some(Err(fault)) => {
                first_fault.get_or_insert(fault);
            }
        }
        cx.found(live);
    }
    if let Some(fault) = first_fault {
        cx.gap(kind.name, fault);
    }
}

/// A database, as far as its backups need to know it.
struct Source {
    identifier: String,
    arn: String,
    resource_id: Option<String>,
    created: Option<Timestamp>,
}

/// The databases that are there, so that a backup can say whether its own still is.
///
/// An identifier is free again once its database is deleted, and after an incident it is usually taken by the restored
/// database. Only the resource id (`db-…`, `cluster-…`) says that it is the same one.
pub(super) struct Sources(Vec<Source>);

impl Sources {
    /// Lists the database instances.
    ///
    /// # Errors
    /// The fault that ended the listing.
    pub(super) async fn instances(cx: &ListCx<'_>) -> Result<Self, Fault> {
        let mut sources = Vec::new();
        cx.pages(
            "rds:DescribeDBInstances",
            |token| {
                let request = cx.rds().describe_db_instances().max_records(PAGE);
                request.set_marker(token).send()
            },
            |page| {
                sources.extend(page.db_instances().iter().filter_map(|instance| {
                    Some(Source {
                        identifier: instance.db_instance_identifier()?.to_owned(),
                        arn: instance.db_instance_arn()?.to_owned(),
                        resource_id: instance.dbi_resource_id().map(str::to_owned),
                        created: convert::time(instance.instance_create_time()),
                    })
                }));
                page.marker
            },
        )
        .await?;
        Ok(Self(sources))
    }

    /// Lists the clusters.
    ///
    /// # Errors
    /// The fault that ended the listing.
    pub(super) async fn clusters(cx: &ListCx<'_>) -> Result<Self, Fault> {
        let mut sources = Vec::new();
        cx.pages(
            "rds:DescribeDBClusters",
            |token| {
                let request = cx.rds().describe_db_clusters().max_records(PAGE);
                request.set_marker(token).send()
            },
            |page| {
                sources.extend(page.db_clusters().iter().filter_map(|cluster| {
                    Some(Source {
                        identifier: cluster.db_cluster_identifier()?.to_owned(),
                        arn: cluster.db_cluster_arn()?.to_owned(),
                        resource_id: cluster.db_cluster_resource_id().map(str::to_owned),
                        created: convert::time(cluster.cluster_create_time()),
                    })
                }));
                page.marker
            },
        )
        .await?;
        Ok(Self(sources))
    }

    /// Returns the ARN of the database with the backup's identifier, unless its resource id says that it is another one;
    /// else of the only one with the backup's resource id and time of creation, which was renamed.
    fn find(&self, backup: &Backup<'_>) -> Option<&str> {
        let same_id = |source: &Source| match (backup.resource_id, source.resource_id.as_deref()) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => true,
        };
        if let Some(source) = self
            .0
            .iter()
            .find(|source| Some(source.identifier.as_str()) == backup.identifier && same_id(source))
        {
            return Some(&source.arn);
        }
        backup.resource_id?;
        let mut renamed = self.0.iter().filter(|source| {
            source.resource_id.as_deref() == backup.resource_id
                && (source.created.is_none() || backup.created.is_none() || source.created == backup.created)
        });
        match (renamed.next(), renamed.next()) {
            (Some(only), None) => Some(&only.arn),
            _ => None,
        }
    }
}

/// What a backup says about the database that it is of.
pub(super) struct Backup<'a> {
    /// The kind of the database.
    pub(super) kind: &'static str,
    /// The word before the identifier in the database's ARN: `db`, `cluster`.
    pub(super) arn_word: &'static str,
    pub(super) identifier: Option<&'a str>,
    pub(super) resource_id: Option<&'a str>,
    /// When the database was made, to the second.
    pub(super) created: Option<Timestamp>,
    /// It was copied from another region or account, so its database is not among those listed here.
    pub(super) elsewhere: bool,
    /// The API fact that it is deleted together with the database; `None` for what outlives it.
    pub(super) dies_with_it: Option<&'static str>,
}

/// Says whether a snapshot was copied here from another region or account.
pub(super) fn is_copy(cx: &ListCx<'_>, region: Option<&str>, source: Option<&str>) -> bool {
    region.is_some_and(|region| !region.is_empty() && region != &*cx.region)
        || source
            .and_then(Arn::parse)
            .is_some_and(|arn| arn.account != &*cx.account || arn.region != &*cx.region)
}

/// Enters the database of a backup: its ARN as `observed.backup_of`, and as the whole of what dies with it; or
/// `observed.source_gone`.
///
/// It is no reference: the backup does not need the database. Without the list of databases (`sources`) the identifier
/// is believed, and nothing is said to be gone.
pub(super) fn backup_of(cx: &ListCx<'_>, live: &mut Live, backup: &Backup<'_>, sources: Option<&Sources>) {
    let Some(identifier) = backup.identifier.filter(|_| !backup.elsewhere) else {
        return;
    };
    let source = match sources {
        Some(sources) => sources.find(backup).map(str::to_owned),
        None => Some(format!(
            "arn:{}:rds:{}:{}:{}:{identifier}",
            cx.partition, cx.region, cx.account, backup.arn_word
        )),
    };
    let Some(source) = source else {
        live.observed.set("source_gone", true);
        return;
    };
    live.observed.set("backup_of", source.as_str());
    if let Some(evidence) = backup.dies_with_it {
        live.lives_with(backup.kind, source, evidence);
    }
}

/// Enters from when to when the data can be restored, as RFC 3339 texts.
pub(super) fn restore_window(live: &mut Live, window: Option<&aws_sdk_rds::types::RestoreWindow>) {
    let Some(window) = window else { return };
    live.observed
        .set("earliest_restorable_time", time_text(window.earliest_time()))
        .set("latest_restorable_time", time_text(window.latest_time()));
}
