//! States of any size, as Terraform writes them.

use std::fmt::Write;
use std::path::PathBuf;

/// Writes states into a folder until they hold at least `megabytes`, and returns the folder.
pub(crate) fn write(megabytes: usize) -> (tempfile::TempDir, u64) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut total = 0;
    let mut number = 0_u32;
    while total < (megabytes as u64) << 20 {
        let text = state(number, 4000);
        total += text.len() as u64;
        let path: PathBuf = folder.path().join(format!("project-{number}.tfstate"));
        std::fs::write(path, text).expect("written");
        number += 1;
    }
    (folder, total)
}

/// A state of `instances` security groups, instances and databases, with what a real one has beside them: sensitive
/// attributes, private data, dependencies.
fn state(number: u32, instances: u32) -> String {
    let mut text = format!(
        "{{\n  \"version\": 4,\n  \"terraform_version\": \"1.11.4\",\n  \"serial\": 7,\n  \"lineage\": \"lineage-{number}\",\n  \"outputs\": {{}},\n  \"resources\": [\n"
    );
    for at in 0..instances {
        let id = u64::from(number) * 100_000 + u64::from(at);
        let (kind, attributes) = match at % 3 {
            0 => (
                "aws_security_group",
                format!(
                    "\"arn\": \"arn:aws:ec2:eu-west-1:123456789012:security-group/sg-{id:017x}\",\n            \"description\": \"web\",\n            \"egress\": [{{\"cidr_blocks\": [\"0.0.0.0/0\"], \"description\": \"\", \"from_port\": 0, \"ipv6_cidr_blocks\": [], \"prefix_list_ids\": [], \"protocol\": \"-1\", \"security_groups\": [], \"self\": false, \"to_port\": 0}}],\n            \"id\": \"sg-{id:017x}\",\n            \"ingress\": [{{\"cidr_blocks\": [\"10.0.0.0/8\"], \"description\": \"\", \"from_port\": 443, \"ipv6_cidr_blocks\": [], \"prefix_list_ids\": [], \"protocol\": \"tcp\", \"security_groups\": [], \"self\": false, \"to_port\": 443}}],\n            \"name\": \"web-{id}\",\n            \"name_prefix\": \"\",\n            \"owner_id\": \"123456789012\",\n            \"revoke_rules_on_delete\": false,\n            \"tags\": {{\"Name\": \"web\", \"Project\": \"p\"}},\n            \"tags_all\": {{\"Name\": \"web\", \"Project\": \"p\"}},\n            \"timeouts\": null,\n            \"vpc_id\": \"vpc-{id:017x}\""
                ),
            ),
            1 => (
                "aws_instance",
                format!(
                    "\"ami\": \"ami-{id:017x}\",\n            \"arn\": \"arn:aws:ec2:eu-west-1:123456789012:instance/i-{id:017x}\",\n            \"associate_public_ip_address\": true,\n            \"availability_zone\": \"eu-west-1a\",\n            \"ebs_block_device\": [],\n            \"get_password_data\": false,\n            \"id\": \"i-{id:017x}\",\n            \"instance_type\": \"t3.micro\",\n            \"metadata_options\": [{{\"http_endpoint\": \"enabled\", \"http_tokens\": \"required\"}}],\n            \"password_data\": \"\",\n            \"root_block_device\": [{{\"volume_id\": \"vol-{id:017x}\", \"volume_size\": 8, \"volume_type\": \"gp3\"}}],\n            \"subnet_id\": \"subnet-{id:017x}\",\n            \"tags\": {{\"Name\": \"web\"}},\n            \"tags_all\": {{\"Name\": \"web\", \"Project\": \"p\"}},\n            \"user_data\": \"CANARY-user-data CANARY-user-data CANARY-user-data CANARY-user-data\",\n            \"vpc_security_group_ids\": [\"sg-{id:017x}\"]"
                ),
            ),
            _ => (
                "aws_db_instance",
                format!(
                    "\"allocated_storage\": 100,\n            \"arn\": \"arn:aws:rds:eu-west-1:123456789012:db:db-{id}\",\n            \"db_subnet_group_name\": \"main\",\n            \"deletion_protection\": false,\n            \"engine\": \"postgres\",\n            \"id\": \"db-{id:026X}\",\n            \"identifier\": \"db-{id}\",\n            \"instance_class\": \"db.t3.medium\",\n            \"password\": \"CANARY-password\",\n            \"skip_final_snapshot\": true,\n            \"tags\": {{\"Name\": \"main\"}},\n            \"tags_all\": {{\"Name\": \"main\", \"Project\": \"p\"}},\n            \"vpc_security_group_ids\": [\"sg-{id:017x}\"]"
                ),
            ),
        };
        let comma = if at + 1 == instances { "" } else { "," };
        let _ = write!(
            text,
            "    {{\n      \"module\": \"module.stack_{at}\",\n      \"mode\": \"managed\",\n      \"type\": \"{kind}\",\n      \"name\": \"this\",\n      \"provider\": \"provider[\\\"registry.terraform.io/hashicorp/aws\\\"]\",\n      \"instances\": [\n        {{\n          \"schema_version\": 1,\n          \"attributes\": {{\n            {attributes}\n          }},\n          \"sensitive_attributes\": [],\n          \"private\": \"CANARY-private\",\n          \"dependencies\": [\"aws_vpc.main\"]\n        }}\n      ]\n    }}{comma}\n"
        );
    }
    text.push_str("  ],\n  \"check_results\": null\n}\n");
    text
}
