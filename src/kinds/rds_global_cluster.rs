//! `aws_rds_global_cluster`.

use aws_sdk_rds::types::GlobalCluster;

use super::facts::{Kind, changing, kept, kept_reference, name, stable};
use super::{Listing, rds};
use crate::aws::{Fault, ListCx};
use crate::model::{Arn, Configuration, Live, Value};

/// A database that spans regions: one cluster that writes and others that follow. RDS, `DocumentDB` and Neptune share
/// the same call.
///
/// Its ARN has no region, and each region with a member lists it. It is entered once, in the region of the cluster that
/// writes; without one, where it is listed.
pub(super) static KIND: Kind = Kind {
    aliases: &["aws_docdb_global_cluster", "aws_neptune_global_cluster"],
    arn: "arn:{partition}:rds::{account}:global-cluster:{id}",
    attributes: &[
        name("global_cluster_identifier"),
        stable("engine"),
        stable("database_name"),
        stable("storage_encrypted"),
        changing("deletion_protection"),
        kept_reference(
            "global_cluster_members.db_cluster_arn",
            &["aws_rds_cluster", "aws_docdb_cluster", "aws_neptune_cluster"],
        ),
        kept_reference(
            "source_db_cluster_identifier",
            &["aws_rds_cluster", "aws_docdb_cluster", "aws_neptune_cluster"],
        ),
        kept("engine_version_actual"),
        kept("global_cluster_resource_id"),
    ],
    cloudformation: "AWS::RDS::GlobalCluster",
    ..Kind::regional("aws_rds_global_cluster", "global database cluster", "rds")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["rds:DescribeGlobalClusters"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    cx.pages(
        "rds:DescribeGlobalClusters",
        |token| {
            let request = cx.rds().describe_global_clusters().max_records(rds::PAGE);
            request.set_marker(token).send()
        },
        |page| {
            page.global_clusters()
                .iter()
                .filter_map(|cluster| live(cx, cluster))
                .for_each(|cluster| cx.found(cluster));
            page.marker
        },
    )
    .await
}

fn live(cx: &ListCx<'_>, cluster: &GlobalCluster) -> Option<Live> {
    let id = cluster.global_cluster_identifier()?;
    let members = cluster.global_cluster_members();
    let writer = members.iter().find(|member| member.is_writer() == Some(true));
    let home = writer
        .and_then(|writer| writer.db_cluster_arn())
        .and_then(Arn::parse)
        .map(|arn| arn.region);
    if home.is_some_and(|region| region != &*cx.region) {
        return None;
    }
    let mut live = rds::live(cx, &KIND, id, cluster.global_cluster_arn());
    live.keys.extend(cluster.global_cluster_resource_id().map(Into::into));
    let blocks: Vec<Value> = members
        .iter()
        .filter_map(|member| member.db_cluster_arn())
        .map(|arn| Configuration::new().with("db_cluster_arn", arn).into())
        .collect();
    live.configuration
        .set("global_cluster_identifier", id)
        .set("global_cluster_resource_id", cluster.global_cluster_resource_id())
        .set("engine", cluster.engine())
        .set("engine_version_actual", cluster.engine_version())
        .set("database_name", cluster.database_name())
        .set("storage_encrypted", cluster.storage_encrypted().unwrap_or_default())
        .set("deletion_protection", cluster.deletion_protection().unwrap_or_default())
        .set("global_cluster_members", Value::set(blocks));
    live.observed
        .set("status", cluster.status())
        .set("engine", cluster.engine())
        .set("storage_encrypted", cluster.storage_encrypted())
        .set("deletion_protection", cluster.deletion_protection());
    live.tagged(rds::tags(cluster.tag_list()));
    Some(live)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    fn page(id: &str, writer: &str, marker: &str) -> String {
        format!(
            "<DescribeGlobalClustersResponse><DescribeGlobalClustersResult><GlobalClusters><GlobalClusterMember>\
             <GlobalClusterIdentifier>{id}</GlobalClusterIdentifier><Engine>aurora-postgresql</Engine>\
             <GlobalClusterArn>arn:aws:rds::123456789012:global-cluster:{id}</GlobalClusterArn><GlobalClusterMembers>\
             <GlobalClusterMember><DBClusterArn>arn:aws:rds:{writer}:123456789012:cluster:main</DBClusterArn>\
             <IsWriter>true</IsWriter></GlobalClusterMember></GlobalClusterMembers></GlobalClusterMember></GlobalClusters>\
             {marker}</DescribeGlobalClustersResult></DescribeGlobalClustersResponse>"
        )
    }

    #[tokio::test]
    async fn it_is_entered_in_the_region_of_the_writer_only() {
        let live = Replay::default()
            .answer(
                "DescribeGlobalClusters",
                &page("world", "eu-west-1", "<Marker>2</Marker>"),
            )
            .answer("DescribeGlobalClusters", &page("other", "us-east-1", ""))
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 1);
        assert_eq!(&*live[0].arn, "arn:aws:rds::123456789012:global-cluster:world");
        let mut members = Vec::new();
        live[0]
            .configuration
            .each_at("global_cluster_members.db_cluster_arn", &mut |arn| {
                members.extend(arn.as_str());
            });
        assert_eq!(members, ["arn:aws:rds:eu-west-1:123456789012:cluster:main"]);
    }
}
