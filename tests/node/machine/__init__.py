"""One real node: kubelet, containerd, runc and kube-proxy, in a world of its own."""
