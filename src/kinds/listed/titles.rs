//! What people call a kind, from its Terraform type.

/// Words that are written otherwise than in lower case, or that a type runs together.
const WORDS: &[(&str, &str)] = &[
    ("acl", "ACL"),
    ("acm", "ACM"),
    ("acmpca", "private CA"),
    ("api", "API"),
    ("apigatewayv2", "HTTP API"),
    ("appautoscaling", "application auto scaling"),
    ("bedrockagent", "Bedrock agent"),
    ("ce", "Cost Explorer"),
    ("cidr", "CIDR"),
    ("cloudformation", "CloudFormation"),
    ("cloudfront", "CloudFront"),
    ("cloudtrail", "CloudTrail"),
    ("cloudwatch", "CloudWatch"),
    ("codebuild", "CodeBuild"),
    ("codecommit", "CodeCommit"),
    ("codedeploy", "CodeDeploy"),
    ("codepipeline", "CodePipeline"),
    ("cognito", "Cognito"),
    ("db", "DB"),
    ("dms", "DMS"),
    ("dns", "DNS"),
    ("dx", "Direct Connect"),
    ("dynamodb", "DynamoDB"),
    ("ebs", "EBS"),
    ("ec2", "EC2"),
    ("ecr", "ECR"),
    ("ecs", "ECS"),
    ("efs", "EFS"),
    ("eks", "EKS"),
    ("elasticache", "ElastiCache"),
    ("emr", "EMR"),
    ("fsx", "FSx"),
    ("iam", "IAM"),
    ("id", "ID"),
    ("iot", "IoT"),
    ("ip", "IP"),
    ("ipam", "IPAM"),
    ("kms", "KMS"),
    ("lb", "load balancer"),
    ("memorydb", "MemoryDB"),
    ("mq", "MQ"),
    ("msk", "MSK"),
    ("mwaa", "MWAA"),
    ("oidc", "OIDC"),
    ("openid", "OpenID"),
    ("opensearch", "OpenSearch"),
    ("ram", "RAM"),
    ("rds", "RDS"),
    ("route53", "Route 53"),
    ("s3", "S3"),
    ("s3control", "S3"),
    ("saml", "SAML"),
    ("secretsmanager", "Secrets Manager"),
    ("ses", "SES"),
    ("sesv2", "SES"),
    ("sfn", "Step Functions"),
    ("sns", "SNS"),
    ("sqs", "SQS"),
    ("ssh", "SSH"),
    ("ssl", "SSL"),
    ("ssm", "SSM"),
    ("ssoadmin", "SSO"),
    ("vpc", "VPC"),
    ("vpclattice", "VPC Lattice"),
    ("vpn", "VPN"),
    ("waf", "WAF"),
    ("wafregional", "regional WAF"),
    ("wafv2", "WAF"),
    ("xray", "X-Ray"),
];

/// `SQS queue` of `aws_sqs_queue`; kept for the whole run.
pub(super) fn title(kind: &'static str) -> &'static str {
    let words: Vec<&str> = kind
        .trim_start_matches("aws_")
        .split('_')
        .map(|word| {
            WORDS
                .binary_search_by_key(&word, |(known, _)| known)
                .map_or(word, |at| WORDS[at].1)
        })
        .collect();
    Box::leak(words.join(" ").into_boxed_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_read_like_words() {
        assert!(WORDS.is_sorted());
        assert_eq!(title("aws_sqs_queue"), "SQS queue");
        assert_eq!(title("aws_iam_role"), "IAM role");
    }
}
