helm uninstall dvara
