//! `aws_vpc_peering_connection`.

use aws_sdk_ec2::types::{VpcPeeringConnection, VpcPeeringConnectionStateReasonCode as Status};

use super::Listing;
use super::convert::ec2_tags;
use super::facts::{Kind, Usage, facet, refers, stable};
use crate::aws::{Fault, ListCx};
use crate::model::Live;

/// A peering connection, seen from the account that asked for it or from the one that accepted it.
///
/// Between two regions it is listed in both, with the same id.
pub(super) static KIND: Kind = Kind {
    adopters: &["aws_vpc_peering_connection_accepter"],
    facets: &[facet("aws_vpc_peering_connection_options", "vpc_peering_connection_id")],
    arn: "arn:{partition}:ec2:{region}:{account}:vpc-peering-connection/{id}",
    attributes: &[
        refers("vpc_id", &["aws_vpc"]),
        refers("peer_vpc_id", &["aws_vpc"]),
        stable("peer_owner_id"),
        stable("peer_region"),
    ],
    cloudformation: "AWS::EC2::VPCPeeringConnection",
    orphan: Some(orphan),
    ..Kind::regional("aws_vpc_peering_connection", "VPC peering connection", "ec2")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["ec2:DescribeVpcPeeringConnections"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    cx.pages(
        "ec2:DescribeVpcPeeringConnections",
        |token| {
            cx.ec2()
                .describe_vpc_peering_connections()
                .max_results(1000)
                .set_next_token(token)
                .send()
        },
        |page| {
            page.vpc_peering_connections()
                .iter()
                .filter_map(|peering| live(cx, peering))
                .for_each(|peering| cx.found(peering));
            page.next_token
        },
    )
    .await
}

fn live(cx: &ListCx<'_>, peering: &VpcPeeringConnection) -> Option<Live> {
    let status = peering.status().and_then(|status| status.code());
    // What has ended stays in the answer for hours or days.
    if matches!(
        status,
        Some(Status::Deleted | Status::Rejected | Status::Expired | Status::Failed)
    ) {
        return None;
    }
    let mut live = cx.live(&KIND, peering.vpc_peering_connection_id()?);
    let (requester, accepter) = (peering.requester_vpc_info(), peering.accepter_vpc_info());
    let owner = |side: Option<&aws_sdk_ec2::types::VpcPeeringConnectionVpcInfo>| {
        side.and_then(|side| side.owner_id())
            .is_some_and(|owner| *owner == *cx.account)
    };
    // As Terraform does: whoever is the accepter only sees the requester as the peer.
    let (own, peer) = if owner(accepter) && !owner(requester) {
        (accepter, requester)
    } else {
        (requester, accepter)
    };
    live.configuration
        .set("vpc_id", own.and_then(|side| side.vpc_id()))
        .set("peer_vpc_id", peer.and_then(|side| side.vpc_id()))
        .set("peer_owner_id", peer.and_then(|side| side.owner_id()))
        .set("peer_region", accepter.and_then(|side| side.region()));
    live.observed.set("status", status.map(|status| status.as_str())).set(
        "within_region",
        owner(requester)
            && owner(accepter)
            && requester.and_then(|side| side.region()) == accepter.and_then(|side| side.region()),
    );
    live.tagged(ec2_tags(peering.tags()));
    Some(live)
}

/// Only where both ends are this account's and region's can it be seen that no route leads over it.
fn orphan(live: &Live, usage: &Usage<'_>) -> Option<String> {
    let ours = live.observed.get("within_region") == Some(&true.into());
    let active = live.observed.text("status") == Some("active");
    (ours && active && usage.all_users_listed && !usage.is_used_by("aws_route_table"))
        .then(|| "no route leads over it".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    fn peering(id: &str, status: &str, requester: &str, accepter: &str) -> String {
        format!(
            "<item><vpcPeeringConnectionId>{id}</vpcPeeringConnectionId><status><code>{status}</code></status>\
             <requesterVpcInfo><ownerId>{requester}</ownerId><vpcId>vpc-0a1b2c3d</vpcId><region>eu-west-1</region>\
             </requesterVpcInfo><accepterVpcInfo><ownerId>{accepter}</ownerId><vpcId>vpc-1a1b2c3d</vpcId>\
             <region>eu-west-1</region></accepterVpcInfo>\
             <tagSet><item><key>Name</key><value>to-data</value></item></tagSet></item>"
        )
    }

    fn page(items: &[String], next: &str) -> String {
        format!(
            "<DescribeVpcPeeringConnectionsResponse><vpcPeeringConnectionSet>{}</vpcPeeringConnectionSet>{next}\
             </DescribeVpcPeeringConnectionsResponse>",
            items.concat()
        )
    }

    #[tokio::test]
    async fn two_pages_give_all_that_has_not_ended() {
        const OURS: &str = "123456789012";
        const THEIRS: &str = "999999999999";
        let live = Replay::default()
            .answer(
                "DescribeVpcPeeringConnections",
                &page(
                    &[
                        peering("pcx-0a1b2c3d", "active", OURS, OURS),
                        peering("pcx-1a1b2c3d", "deleted", OURS, OURS),
                    ],
                    "<nextToken>2</nextToken>",
                ),
            )
            .answer(
                "DescribeVpcPeeringConnections",
                &page(&[peering("pcx-2a1b2c3d", "active", THEIRS, OURS)], ""),
            )
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 2);
        let own = &live[0];
        assert_eq!(&*own.id, "pcx-0a1b2c3d");
        assert_eq!(
            &*own.arn,
            "arn:aws:ec2:eu-west-1:123456789012:vpc-peering-connection/pcx-0a1b2c3d"
        );
        assert_eq!(own.name.as_deref(), Some("to-data"));
        assert_eq!(own.configuration.text("vpc_id"), Some("vpc-0a1b2c3d"));
        assert_eq!(own.configuration.text("peer_vpc_id"), Some("vpc-1a1b2c3d"));
        assert_eq!(live[1].configuration.text("vpc_id"), Some("vpc-1a1b2c3d"));
        assert_eq!(live[1].configuration.text("peer_owner_id"), Some(THEIRS));
        let usage = Usage {
            used_by: &[],
            all_users_listed: true,
            is_live: &|_, _| None,
        };
        assert!(orphan(own, &usage).is_some());
        assert_eq!(orphan(&live[1], &usage), None, "the other end may route over it");
    }
}
