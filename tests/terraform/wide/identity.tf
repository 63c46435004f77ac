# Who may do what: IAM, keys, secrets, certificates, user pools, organizations.

resource "aws_iam_group" "one" { name = "wide-group" }

resource "aws_iam_user" "one" { name = "wide-user" }

resource "aws_iam_user" "two" {
  name = "wide-machine"
  path = "/machines/"
}

resource "aws_iam_access_key" "one" { user = aws_iam_user.one.name }

resource "aws_iam_group_membership" "one" {
  name  = "wide"
  group = aws_iam_group.one.name
  users = [aws_iam_user.one.name]
}

resource "aws_iam_user_group_membership" "two" {
  user   = aws_iam_user.two.name
  groups = [aws_iam_group.one.name]
}

resource "aws_iam_policy" "one" {
  name   = "wide-policy"
  path   = "/wide/"
  policy = local.allow
}

resource "aws_iam_role" "one" {
  name               = "wide-role"
  path               = "/wide/"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "one" {
  name   = "inline"
  role   = aws_iam_role.one.id
  policy = local.allow
}

resource "aws_iam_role_policy_attachment" "one" {
  role       = aws_iam_role.one.name
  policy_arn = aws_iam_policy.one.arn
}

resource "aws_iam_group_policy" "one" {
  name   = "inline"
  group  = aws_iam_group.one.name
  policy = local.allow
}

resource "aws_iam_group_policy_attachment" "one" {
  group      = aws_iam_group.one.name
  policy_arn = aws_iam_policy.one.arn
}

resource "aws_iam_user_policy" "one" {
  name   = "inline"
  user   = aws_iam_user.one.name
  policy = local.allow
}

resource "aws_iam_user_policy_attachment" "one" {
  user       = aws_iam_user.one.name
  policy_arn = aws_iam_policy.one.arn
}

resource "aws_iam_policy_attachment" "everywhere" {
  name       = "everywhere"
  policy_arn = aws_iam_policy.one.arn
  users      = [aws_iam_user.two.name]
}

resource "aws_iam_user_login_profile" "one" { user = aws_iam_user.one.name }

resource "aws_iam_user_ssh_key" "one" {
  username   = aws_iam_user.one.name
  encoding   = "SSH"
  public_key = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQCdCqI0eAxcr+Rgu7Mp1heUgOX5J8sy+hS+in9VCtMb/uDsy7NLth7fh5zDtm8UuAqYoBczUMszdgMOwt3lYZaa000/Uyadz3JnTrWDJUnYWMlmVOLZ+3HNzWMvu3t2N7fkHD3vQvT909AZwwEGG9le16zlhFS/ceVWdemElsjXnw== wide"
}

resource "aws_iam_instance_profile" "one" {
  name = "wide-profile"
  role = aws_iam_role.one.name
}

resource "aws_iam_openid_connect_provider" "one" {
  url             = "https://token.wide.example.com"
  client_id_list  = ["sts.amazonaws.com"]
  thumbprint_list = ["6938fd4d98bab03faadb97b34396831e3780aea1"]
}

resource "aws_iam_saml_provider" "one" {
  name                   = "wide-saml"
  saml_metadata_document = "<EntityDescriptor entityID=\"https://wide.example.com\">${join("", [for i in range(60) : "<KeyDescriptor use=\"signing\"/>"])}</EntityDescriptor>"
}

resource "aws_iam_service_linked_role" "one" { aws_service_name = "autoscaling.amazonaws.com" }

resource "aws_iam_virtual_mfa_device" "one" { virtual_mfa_device_name = "wide-mfa" }

resource "aws_iam_server_certificate" "one" {
  name             = "wide-server-certificate"
  certificate_body = "-----BEGIN CERTIFICATE-----\nV2lkZQ==\n-----END CERTIFICATE-----\n"
  private_key      = "CANARY-server-key-60c3"
}

resource "aws_iam_account_alias" "one" { account_alias = "wide-account" }

resource "aws_iam_account_password_policy" "one" { minimum_password_length = 16 }

resource "aws_kms_key" "one" { description = "wide" }

resource "aws_kms_alias" "one" {
  name          = "alias/wide"
  target_key_id = aws_kms_key.one.key_id
}

resource "aws_kms_grant" "one" {
  name              = "wide"
  key_id            = aws_kms_key.one.key_id
  grantee_principal = aws_iam_role.one.arn
  operations        = ["Decrypt"]
}

resource "aws_kms_key_policy" "two" {
  key_id = aws_kms_key.two.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "kms:*", Resource = "*", Principal = { AWS = "arn:aws:iam::123456789012:root" } }]
  })
}

resource "aws_kms_key" "two" {
  description  = "wide, in several regions"
  multi_region = true
}

resource "aws_kms_external_key" "one" { description = "wide, from elsewhere" }

resource "aws_secretsmanager_secret" "one" { name = "wide/secret" }

resource "aws_secretsmanager_secret_version" "one" {
  secret_id     = aws_secretsmanager_secret.one.id
  secret_string = "CANARY-secret-version-91ab"
}

resource "aws_secretsmanager_secret_policy" "one" {
  secret_arn = aws_secretsmanager_secret.one.arn
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Deny", Action = "secretsmanager:DeleteSecret", Resource = "*", Principal = "*" }]
  })
}

resource "aws_acm_certificate" "one" {
  domain_name       = "wide.example.com"
  validation_method = "DNS"
}

resource "aws_acmpca_certificate_authority" "one" {
  type = "ROOT"

  certificate_authority_configuration {
    key_algorithm     = "RSA_2048"
    signing_algorithm = "SHA256WITHRSA"

    subject { common_name = "wide.example.com" }
  }
}

resource "aws_cognito_user_pool" "one" { name = "wide" }

resource "aws_cognito_user_pool_client" "one" {
  name         = "wide"
  user_pool_id = aws_cognito_user_pool.one.id
}

resource "aws_cognito_user_pool_domain" "one" {
  domain       = "wide"
  user_pool_id = aws_cognito_user_pool.one.id
}

resource "aws_cognito_resource_server" "one" {
  identifier   = "https://wide.example.com"
  name         = "wide"
  user_pool_id = aws_cognito_user_pool.one.id
}

resource "aws_cognito_user_group" "one" {
  name         = "wide"
  user_pool_id = aws_cognito_user_pool.one.id
}

resource "aws_cognito_user" "one" {
  username     = "wide"
  user_pool_id = aws_cognito_user_pool.one.id
}

resource "aws_cognito_identity_provider" "one" {
  user_pool_id  = aws_cognito_user_pool.one.id
  provider_name = "Wide"
  provider_type = "OIDC"
  provider_details = {
    authorize_scopes          = "email"
    client_id                 = "wide"
    oidc_issuer               = "https://login.wide.example.com"
    attributes_request_method = "GET"
  }

  lifecycle { ignore_changes = [provider_details] }
}

resource "aws_cognito_identity_pool" "one" { identity_pool_name = "wide" }
