output "vpc_id" {
  value = aws_vpc.main.id
}

output "cluster_arn" {
  value = aws_ecs_cluster.main.arn
}

output "listener_arn" {
  value = aws_lb_listener.http.arn
}

output "database_url" {
  value     = "postgres://platform:${var.db_password}@${aws_db_instance.main.endpoint}/platform"
  sensitive = true
}
