//! `aws_key_pair`. The public key itself is not asked for.

use aws_sdk_ec2::types::KeyPairInfo;

use super::Listing;
use super::convert::{ec2_tags, time};
use super::facts::{Kind, Usage, kept, name, stable};
use crate::aws::{Fault, ListCx};
use crate::model::Live;

/// An SSH key pair, known by its name.
pub(super) static KIND: Kind = Kind {
    arn: "arn:{partition}:ec2:{region}:{account}:key-pair/{id}",
    id_attribute: "key_name",
    attributes: &[
        name("key_name"),
        // Copies of a configuration bring the same public key.
        stable("fingerprint"),
        stable("key_type"),
        kept("key_pair_id"),
    ],
    cloudformation: "AWS::EC2::KeyPair",
    orphan: Some(orphan),
    ..Kind::regional("aws_key_pair", "key pair", "ec2")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["ec2:DescribeKeyPairs"],
    list: |cx| Box::pin(list(cx)),
};

/// `DescribeKeyPairs` has no pages.
async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let answer = cx
        .call("ec2:DescribeKeyPairs", cx.ec2().describe_key_pairs().send())
        .await?;
    answer
        .key_pairs()
        .iter()
        .filter_map(|pair| live(cx, pair))
        .for_each(|pair| cx.found(pair));
    Ok(())
}

fn live(cx: &ListCx<'_>, pair: &KeyPairInfo) -> Option<Live> {
    let key_name = pair.key_name()?;
    let mut live = cx.live(&KIND, key_name);
    live.name = Some(key_name.into());
    live.created_at = time(pair.create_time());
    live.keys.extend(pair.key_pair_id().map(Into::into));
    live.configuration
        .set("key_name", key_name)
        .set("fingerprint", pair.key_fingerprint())
        .set("key_type", pair.key_type().map(|kind| kind.as_str()))
        .set("key_pair_id", pair.key_pair_id());
    live.tagged(ec2_tags(pair.tags()));
    Some(live)
}

fn orphan(_: &Live, usage: &Usage<'_>) -> Option<String> {
    usage
        .is_unused()
        .then(|| "no instance and no launch template uses it; people may still hold its private key".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    #[tokio::test]
    async fn a_key_pair_is_known_by_its_name_and_by_its_id() {
        let live = Replay::default()
            .answer(
                "DescribeKeyPairs",
                "<DescribeKeyPairsResponse><keySet>\
                 <item><keyPairId>key-0123456789abcdef0</keyPairId><keyName>bastion</keyName>\
                 <keyFingerprint>1f:51:ae:28</keyFingerprint><keyType>rsa</keyType>\
                 <createTime>2024-03-01T10:00:00.000Z</createTime>\
                 <tagSet><item><key>Project</key><value>platform</value></item></tagSet></item>\
                 <item><keyPairId>key-1123456789abcdef0</keyPairId><keyName>old</keyName></item>\
                 </keySet></DescribeKeyPairsResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("the only answer");
        assert_eq!(live.len(), 2);
        let pair = &live[0];
        assert_eq!(&*pair.id, "bastion");
        assert_eq!(&*pair.arn, "arn:aws:ec2:eu-west-1:123456789012:key-pair/bastion");
        assert_eq!(pair.name.as_deref(), Some("bastion"));
        assert_eq!(&*pair.keys[0], "key-0123456789abcdef0");
        assert_eq!(pair.created_at.expect("a time").to_string(), "2024-03-01T10:00:00Z");
        assert_eq!(pair.tags.get("Project"), Some("platform"));
        assert_eq!(pair.configuration.text("fingerprint"), Some("1f:51:ae:28"));
    }
}
