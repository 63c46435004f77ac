//! `aws_internet_gateway` and `aws_egress_only_internet_gateway`.

use aws_sdk_ec2::types::{EgressOnlyInternetGateway, Filter, InternetGateway, InternetGatewayAttachment};

use super::Listing;
use super::convert::{ec2_tags, is_foreign};
use super::facts::{Kind, Usage, facet, refers};
use crate::aws::{Fault, ListCx};
use crate::model::{Live, Origin};

/// An internet gateway.
pub(super) static KIND: Kind = Kind {
    facets: &[facet("aws_internet_gateway_attachment", "internet_gateway_id")],
    arn: "arn:{partition}:ec2:{region}:{account}:internet-gateway/{id}",
    attributes: &[refers("vpc_id", &["aws_vpc"])],
    cloudformation: "AWS::EC2::InternetGateway",
    orphan: Some(orphan),
    ..Kind::regional("aws_internet_gateway", "internet gateway", "ec2")
};

/// An internet gateway that IPv6 traffic can only leave through.
static EGRESS_ONLY: Kind = Kind {
    arn: "arn:{partition}:ec2:{region}:{account}:egress-only-internet-gateway/{id}",
    attributes: &[refers("vpc_id", &["aws_vpc"])],
    cloudformation: "AWS::EC2::EgressOnlyInternetGateway",
    orphan: Some(orphan),
    ..Kind::regional(
        "aws_egress_only_internet_gateway",
        "egress-only internet gateway",
        "ec2",
    )
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["ec2:DescribeInternetGateways", "ec2:DescribeVpcs"],
    list: |cx| Box::pin(list(cx)),
};

pub(super) static EGRESS_ONLY_LISTING: Listing = Listing {
    kinds: &[&EGRESS_ONLY],
    actions: &["ec2:DescribeEgressOnlyInternetGateways"],
    list: |cx| Box::pin(list_egress_only(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let default_vpc = default_vpc(cx).await;
    cx.pages(
        "ec2:DescribeInternetGateways",
        |token| {
            cx.ec2()
                .describe_internet_gateways()
                .max_results(1000)
                .set_next_token(token)
                .send()
        },
        |page| {
            page.internet_gateways()
                .iter()
                .filter_map(|gateway| live(cx, gateway, default_vpc.as_deref()))
                .for_each(|gateway| cx.found(gateway));
            page.next_token
        },
    )
    .await
}

/// The region's default VPC, whose gateway AWS made with it. Where it cannot be asked, the listing has a gap:
/// nobody could say which gateway is a default.
async fn default_vpc(cx: &ListCx<'_>) -> Option<String> {
    let is_default = Filter::builder().name("is-default").values("true").build();
    let answer = cx
        .call("ec2:DescribeVpcs", cx.ec2().describe_vpcs().filters(is_default).send())
        .await;
    match answer {
        Ok(answer) => answer
            .vpcs()
            .iter()
            .find(|vpc| vpc.is_default() == Some(true))
            .and_then(|vpc| vpc.vpc_id())
            .map(str::to_owned),
        Err(fault) => {
            cx.gap(KIND.name, fault);
            None
        }
    }
}

fn live(cx: &ListCx<'_>, gateway: &InternetGateway, default_vpc: Option<&str>) -> Option<Live> {
    if is_foreign(cx, gateway.owner_id()) {
        return None;
    }
    let mut live = cx.live(&KIND, gateway.internet_gateway_id()?);
    attached(&mut live, gateway.attachments());
    live.tagged(ec2_tags(gateway.tags()));
    let vpc = live.configuration.text("vpc_id");
    if vpc.is_some() && vpc == default_vpc && live.tags.own().next().is_none() {
        live.origin = Origin::AwsMade("the internet gateway of the default VPC".into());
    }
    Some(live)
}

async fn list_egress_only(cx: &ListCx<'_>) -> Result<(), Fault> {
    cx.pages(
        "ec2:DescribeEgressOnlyInternetGateways",
        |token| {
            cx.ec2()
                .describe_egress_only_internet_gateways()
                .max_results(255)
                .set_next_token(token)
                .send()
        },
        |page| {
            page.egress_only_internet_gateways()
                .iter()
                .filter_map(|gateway| live_egress_only(cx, gateway))
                .for_each(|gateway| cx.found(gateway));
            page.next_token
        },
    )
    .await
}

fn live_egress_only(cx: &ListCx<'_>, gateway: &EgressOnlyInternetGateway) -> Option<Live> {
    let mut live = cx.live(&EGRESS_ONLY, gateway.egress_only_internet_gateway_id()?);
    attached(&mut live, gateway.attachments());
    live.tagged(ec2_tags(gateway.tags()));
    Some(live)
}

/// A gateway is attached to one VPC at most.
fn attached(live: &mut Live, attachments: &[InternetGatewayAttachment]) {
    let attachment = attachments.first();
    live.configuration
        .set("vpc_id", attachment.and_then(|attachment| attachment.vpc_id()));
    live.observed.set("attached", attachment.is_some()).set(
        "status",
        attachment
            .and_then(|attachment| attachment.state())
            .map(|state| state.as_str()),
    );
}

fn orphan(live: &Live, _: &Usage<'_>) -> Option<String> {
    (live.observed.get("attached") == Some(&false.into())).then(|| "attached to no VPC".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    const DEFAULT_VPC: &str = "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-9a1b2c3d</vpcId>\
                               <isDefault>true</isDefault></item></vpcSet></DescribeVpcsResponse>";

    #[tokio::test]
    async fn two_pages_give_all_with_their_vpc() {
        let live = Replay::default()
            .answer("DescribeVpcs", DEFAULT_VPC)
            .answer(
                "DescribeInternetGateways",
                "<DescribeInternetGatewaysResponse><internetGatewaySet><item><internetGatewayId>igw-0a1b2c3d</internetGatewayId>\
                 <ownerId>123456789012</ownerId><attachmentSet><item><vpcId>vpc-0a1b2c3d</vpcId><state>available</state>\
                 </item></attachmentSet><tagSet><item><key>Name</key><value>main</value></item></tagSet></item>\
                 </internetGatewaySet><nextToken>2</nextToken></DescribeInternetGatewaysResponse>",
            )
            .answer(
                "DescribeInternetGateways",
                "<DescribeInternetGatewaysResponse><internetGatewaySet><item><internetGatewayId>igw-1a1b2c3d</internetGatewayId>\
                 <attachmentSet><item><vpcId>vpc-9a1b2c3d</vpcId><state>available</state></item></attachmentSet></item>\
                 <item><internetGatewayId>igw-2a1b2c3d</internetGatewayId></item>\
                 </internetGatewaySet></DescribeInternetGatewaysResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 3);
        assert_eq!(&*live[0].id, "igw-0a1b2c3d");
        assert_eq!(
            &*live[0].arn,
            "arn:aws:ec2:eu-west-1:123456789012:internet-gateway/igw-0a1b2c3d"
        );
        assert_eq!(live[0].name.as_deref(), Some("main"));
        assert_eq!(live[0].configuration.text("vpc_id"), Some("vpc-0a1b2c3d"));
        assert!(live[0].origin.is_own());
        assert!(matches!(live[1].origin, Origin::AwsMade(_)));
        let usage = Usage {
            used_by: &[],
            all_users_listed: false,
            is_live: &|_, _| None,
        };
        assert_eq!(orphan(&live[0], &usage), None);
        assert!(orphan(&live[2], &usage).is_some());
    }

    #[tokio::test]
    async fn without_the_default_vpc_the_gateways_are_listed_with_a_gap() {
        let (live, gaps, result) = Replay::default()
            .fail(
                "DescribeVpcs",
                403,
                "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>",
            )
            .answer(
                "DescribeInternetGateways",
                "<DescribeInternetGatewaysResponse><internetGatewaySet><item>\
                 <internetGatewayId>igw-0a1b2c3d</internetGatewayId></item></internetGatewaySet>\
                 </DescribeInternetGatewaysResponse>",
            )
            .run(LISTING.list)
            .await;
        assert_eq!((live.len(), gaps.len(), result), (1, 1, Ok(())));
    }

    #[tokio::test]
    async fn egress_only_gateways_come_in_two_pages() {
        let page = |id: &str, next: &str| {
            format!(
                "<DescribeEgressOnlyInternetGatewaysResponse><egressOnlyInternetGatewaySet><item>\
                 <egressOnlyInternetGatewayId>{id}</egressOnlyInternetGatewayId>\
                 <attachmentSet><item><vpcId>vpc-0a1b2c3d</vpcId><state>attached</state></item></attachmentSet>\
                 <tagSet><item><key>Name</key><value>six</value></item></tagSet></item>\
                 </egressOnlyInternetGatewaySet>{next}</DescribeEgressOnlyInternetGatewaysResponse>"
            )
        };
        let live = Replay::default()
            .answer(
                "DescribeEgressOnlyInternetGateways",
                &page("eigw-0a1b2c3d", "<nextToken>2</nextToken>"),
            )
            .answer("DescribeEgressOnlyInternetGateways", &page("eigw-1a1b2c3d", ""))
            .list(EGRESS_ONLY_LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 2);
        assert_eq!(
            &*live[1].arn,
            "arn:aws:ec2:eu-west-1:123456789012:egress-only-internet-gateway/eigw-1a1b2c3d"
        );
        assert_eq!(live[0].name.as_deref(), Some("six"));
        assert_eq!(live[0].configuration.text("vpc_id"), Some("vpc-0a1b2c3d"));
    }
}
