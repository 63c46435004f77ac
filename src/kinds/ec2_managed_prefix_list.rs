//! `aws_ec2_managed_prefix_list`.

use aws_sdk_ec2::types::{ManagedPrefixList, PrefixListState};

use super::Listing;
use super::convert::{ec2_tags, is_foreign};
use super::facts::{Kind, changing, facet, kept, name, stable};
use crate::aws::{Fault, ListCx};
use crate::model::Live;

/// A prefix list that a customer manages. Its entries are not read: that takes one call for each list.
///
/// It has no orphan test, because it may be shared with accounts whose rules name it.
pub(super) static KIND: Kind = Kind {
    facets: &[facet("aws_ec2_managed_prefix_list_entry", "prefix_list_id")],
    arn: "arn:{partition}:ec2:{region}:{account}:prefix-list/{id}",
    attributes: &[
        name("name"),
        stable("address_family"),
        changing("max_entries"),
        kept("version"),
    ],
    cloudformation: "AWS::EC2::PrefixList",
    ..Kind::regional("aws_ec2_managed_prefix_list", "prefix list", "ec2")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["ec2:DescribeManagedPrefixLists"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    cx.pages(
        "ec2:DescribeManagedPrefixLists",
        |token| {
            cx.ec2()
                .describe_managed_prefix_lists()
                .max_results(100)
                .set_next_token(token)
                .send()
        },
        |page| {
            page.prefix_lists()
                .iter()
                .filter_map(|list| live(cx, list))
                .for_each(|list| cx.found(list));
            page.next_token
        },
    )
    .await
}

fn live(cx: &ListCx<'_>, list: &ManagedPrefixList) -> Option<Live> {
    // AWS's own lists have the owner `AWS`.
    if is_foreign(cx, list.owner_id()) || matches!(list.state(), Some(PrefixListState::DeleteComplete)) {
        return None;
    }
    let mut live = cx.live(&KIND, list.prefix_list_id()?);
    live.configuration
        .set("name", list.prefix_list_name())
        .set("address_family", list.address_family())
        .set("max_entries", list.max_entries())
        .set("version", list.version());
    live.observed.set("status", list.state().map(|state| state.as_str()));
    live.name = list.prefix_list_name().map(Into::into);
    live.tagged(ec2_tags(list.tags()));
    Some(live)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    #[tokio::test]
    async fn two_pages_give_all_but_those_of_aws() {
        let page = |id: &str, owner: &str, next: &str| {
            format!(
                "<DescribeManagedPrefixListsResponse><prefixListSet><item><prefixListId>{id}</prefixListId>\
                 <addressFamily>IPv4</addressFamily><state>create-complete</state><prefixListName>offices</prefixListName>\
                 <maxEntries>5</maxEntries><version>3</version><ownerId>{owner}</ownerId>\
                 <tagSet><item><key>Team</key><value>net</value></item></tagSet></item></prefixListSet>{next}\
                 </DescribeManagedPrefixListsResponse>"
            )
        };
        let live = Replay::default()
            .answer(
                "DescribeManagedPrefixLists",
                &page("pl-0a1b2c3d", "AWS", "<nextToken>2</nextToken>"),
            )
            .answer("DescribeManagedPrefixLists", &page("pl-1a1b2c3d", "123456789012", ""))
            .list(LISTING.list)
            .await
            .expect("both pages");
        let [offices] = &*live else {
            panic!("one of ours");
        };
        assert_eq!(&*offices.id, "pl-1a1b2c3d");
        assert_eq!(
            &*offices.arn,
            "arn:aws:ec2:eu-west-1:123456789012:prefix-list/pl-1a1b2c3d"
        );
        assert_eq!(offices.name.as_deref(), Some("offices"));
        assert_eq!(offices.tags.get("Team"), Some("net"));
        assert_eq!(offices.configuration.get("max_entries"), Some(&5.into()));
    }
}
